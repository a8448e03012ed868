// Owns: what can be seen of a vendor without credentials: that something answers, and what time it has.
import type { Check, Finding } from './finding.ts';
import { troubleOfError } from './trouble.ts';

/** Signatures allow ten minutes at Paycore and are bounded at five for Vipps' webhooks. */
const MAX_DRIFT_MS = 60_000;
const CALL_MS = 10_000;

/** Compares our clock with the `Date` of whatever answers at `baseUrl`; it has whole seconds. */
export function clockCheck(name: string, baseUrl: string): Check {
  return {
    name: `clock against ${name}`,
    look: () =>
      asking(baseUrl, ({ headers }, askedAtMs) => {
        const theirs = Date.parse(headers.get('date') ?? '');
        if (Number.isNaN(theirs)) return { state: 'skipped', what: `${hostOf(baseUrl)} sends no date` };
        const driftMs = Math.abs(theirs - (askedAtMs + Date.now()) / 2);
        const what = `${(driftMs / 1000).toFixed(0)} s apart from ${hostOf(baseUrl)}`;
        if (driftMs <= MAX_DRIFT_MS) return { state: 'ok', what };
        return { state: 'failed', what, advice: 'signatures will be refused: synchronise the clock (NTP)' };
      }),
  };
}

/** No gateway has a call that shows a login without sending a text, so only its address is read. */
export function gatewayCheck(baseUrl: string, name: string): Check {
  return {
    name: `${name} address`,
    look: () =>
      asking(baseUrl, ({ status }) => ({
        state: 'ok',
        what: `${hostOf(baseUrl)} answers (HTTP ${status}); its login only a text can show, none was sent`,
      })),
  };
}

async function asking(
  baseUrl: string,
  judge: (response: Response, askedAtMs: number) => Finding,
): Promise<Finding> {
  const askedAtMs = Date.now();
  try {
    const response = await fetch(baseUrl, { redirect: 'manual', signal: AbortSignal.timeout(CALL_MS) });
    const finding = judge(response, askedAtMs);
    await response.body?.cancel();
    return finding;
  } catch (error) {
    const { what, advice } = troubleOfError(error);
    return { state: 'failed', what: `${hostOf(baseUrl)}: ${what}`, advice };
  }
}

function hostOf(baseUrl: string): string {
  return new URL(baseUrl).host;
}
