// Whether the vendors can be used: credentials, clock, address, webhook registration. Every call only reads.
import { randomBytes } from 'node:crypto';
import { type PaymentProvider, ProviderFault } from '../ports/payment-provider.ts';
import { type Check, failed, type Finding } from './finding.ts';
import { isTrouble, troubleOf, troubleOfError } from '../main/trouble.ts';
import type { WebhookRegistration, WebhookRegistrations } from '../ports/webhooks.ts';

/**
 * Reads a payment that cannot exist, once with our credentials and once with a secret that is certainly wrong. Any web
 * server says "not found"; only one that checks credentials says so to ours and refuses the others.
 */
export function credentialsCheck(name: string, ours: PaymentProvider, wrong: PaymentProvider): Check {
  const run = async (): Promise<Finding> => {
    const fault = await readNothing(ours);
    // Refused before our credentials were checked, or because of them.
    if (fault !== null && ['misconfigured', 'unavailable', 'rateLimited'].includes(fault.kind))
      return refusal(name, fault);
    const wrongFault = await readNothing(wrong);
    if (wrongFault?.code !== 'http401' && wrongFault?.code !== 'http403') return unproven(name, wrongFault);
    if (fault === null)
      return { state: 'ok', what: 'ours accepted, a wrong secret refused (reading a payment nobody made)' };
    return {
      state: 'warning',
      what: `a wrong secret is refused, ours is not; but: ${fault.message}`,
      advice: 'expected was "no such payment": ask the vendor, and try a payment in its test environment',
    };
  };
  return { name: `${name} credentials`, run };
}

async function readNothing(provider: PaymentProvider): Promise<ProviderFault | null> {
  const paymentReference = `s2p${randomBytes(16).toString('hex')}`;
  try {
    await provider.read({ paymentReference, providerReference: null });
    return null;
  } catch (error) {
    if (error instanceof ProviderFault) return error;
    throw error;
  }
}

function unproven(name: string, fault: ProviderFault | null): Finding {
  const base = `${name.toUpperCase()}_BASE_URL`;
  if (fault !== null && fault.code !== null && isTrouble(fault.code)) return refusal(name, fault);
  return failed(
    `a wrong secret is not refused${fault === null ? '' : ` (${fault.message})`}: this is not ${name}, or does not show it`,
    `check ${base}: another web server seems to answer there`,
  );
}

/** For any call to this vendor that failed. */
export function refusal(name: string, fault: ProviderFault): Finding {
  const prefix = name.toUpperCase();
  if (fault.code !== null && isTrouble(fault.code)) {
    const { what, advice } = troubleOf(fault.code);
    return failed(`${prefix}_BASE_URL: ${what}`, advice);
  }
  const advice =
    fault.kind === 'misconfigured'
      ? `check the ${prefix}_* credentials, and that they belong to this environment (test or live)`
      : `check ${prefix}_BASE_URL, and try again: this may be another server, or a bad moment`;
  return failed(fault.message, advice);
}

/** Signatures allow ten minutes at Paycore and are bounded at five for Vipps' webhooks. */
const MAX_DRIFT_MS = 60_000;
const CALL_MS = 10_000;

/** Compares our clock with the `Date` of whatever answers at `baseUrl`; it has whole seconds. */
export function clockCheck(name: string, baseUrl: string): Check {
  return {
    name: `clock against ${name}`,
    run: () =>
      callVendor(baseUrl, ({ headers }, sentAtMs) => {
        const theirs = Date.parse(headers.get('date') ?? '');
        if (Number.isNaN(theirs)) return { state: 'skipped', what: `${hostOf(baseUrl)} sends no date` };
        const driftMs = Math.abs(theirs - (sentAtMs + Date.now()) / 2);
        const what = `${(driftMs / 1000).toFixed(0)} s apart from ${hostOf(baseUrl)}`;
        if (driftMs <= MAX_DRIFT_MS) return { state: 'ok', what };
        return failed(what, 'signatures will be refused: synchronise the clock (NTP)');
      }),
  };
}

/** No gateway has a call that shows a login without sending a text, so only its address is read. */
export function gatewayCheck(baseUrl: string, name: string): Check {
  return {
    name: `${name} address`,
    run: () =>
      callVendor(baseUrl, ({ status }) => ({
        state: 'ok',
        what: `${hostOf(baseUrl)} answers (HTTP ${status}); its login only a text can show, none was sent`,
      })),
  };
}

async function callVendor(
  baseUrl: string,
  findingOf: (response: Response, sentAtMs: number) => Finding,
): Promise<Finding> {
  const sentAtMs = Date.now();
  try {
    const response = await fetch(baseUrl, { redirect: 'manual', signal: AbortSignal.timeout(CALL_MS) });
    const finding = findingOf(response, sentAtMs);
    await response.body?.cancel();
    return finding;
  } catch (error) {
    const { what, advice } = troubleOfError(error);
    return failed(`${hostOf(baseUrl)}: ${what}`, advice);
  }
}

function hostOf(baseUrl: string): string {
  return new URL(baseUrl).host;
}

export interface WebhookParts {
  /** where the provider must call us */
  ourUrl: string;
  webhooks: Pick<WebhookRegistrations, 'events' | 'list'>;
  /** ids of the registrations whose secret we keep; a string: why that cannot be known */
  kept: () => Promise<readonly string[] | string>;
  /** how to have it registered */
  remedy: string;
}

/** Vipps, for one, forgets the registration of a dead address after two weeks. */
export function webhookCheck(provider: string, parts: WebhookParts): Check {
  return {
    name: `${provider} webhook`,
    run: async () => {
      try {
        const registrations = await parts.webhooks.list();
        return judge(provider, parts, registrations, await parts.kept());
      } catch (error) {
        if (error instanceof ProviderFault) return refusal(provider, error);
        throw error;
      }
    },
  };
}

function judge(
  provider: string,
  { ourUrl, remedy, webhooks }: WebhookParts,
  registrations: readonly WebhookRegistration[],
  kept: readonly string[] | string,
): Finding {
  const lacking = (events: readonly string[]): string[] =>
    webhooks.events.filter((event) => !events.includes(event));
  const same = registrations.filter(({ url }) => url === ourUrl);
  if (same.length === 0)
    return failed(`${ourUrl} is not registered (${registrations.length} other addresses are)`, remedy);
  const whole = same.filter(({ events }) => lacking(events).length === 0);
  if (whole.length === 0) {
    const missing = lacking(same.flatMap(({ events }) => events));
    const what =
      missing.length === 0
        ? `no registration of ${ourUrl} is for all events`
        : `${ourUrl} is registered without ${missing.join(', ')}`;
    return failed(what, remedy);
  }
  if (typeof kept === 'string')
    return failed(
      `registered for all events; whether we can check its callbacks is not known: ${kept}`,
      'fix that first: without its secret every callback is refused',
    );
  const ids = kept.map((id) => id.toLowerCase());
  const good = whole.find(({ id }) => ids.includes(id.toLowerCase()));
  if (good === undefined) {
    const what = `${ourUrl} is registered, but its secret is not kept here: every callback is refused`;
    return failed(what, `${remedy}; then remove ${same.map(({ id }) => id).join(', ')}`);
  }
  const others = same.filter(({ id }) => id !== good.id).map(({ id }) => id);
  if (others.length === 0) return { state: 'ok', what: 'registered for all events, its secret is kept' };
  return {
    state: 'warning',
    what: `registered, but also as ${others.join(', ')}`,
    advice: `remove each that no process uses: sms2pay ${provider} webhooks remove ID`,
  };
}
