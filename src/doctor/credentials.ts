// Owns: whether a payment provider takes our credentials, shown by calls that change nothing.
import { randomBytes } from 'node:crypto';
import { ProviderFault, type PaymentProvider } from '../ports/payment-provider.ts';
import type { Check, Finding } from './finding.ts';
import { isTrouble, troubleOf } from './trouble.ts';

/**
 * Reads a payment that cannot exist, once with our credentials and once with a secret that is certainly wrong. Any web
 * server says "not found"; only one that checks credentials says so to ours and refuses the others.
 */
export function credentialsCheck(name: string, ours: PaymentProvider, wrong: PaymentProvider): Check {
  return { name: `${name} credentials`, look: () => look(name, ours, wrong) };
}

async function look(name: string, ours: PaymentProvider, wrong: PaymentProvider): Promise<Finding> {
  const fault = await readNothing(ours);
  if (fault !== null && isNoAnswerToUs(fault)) return refusal(name, fault);
  const wrongFault = await readNothing(wrong);
  if (wrongFault === null || !isRefused(wrongFault)) return unproven(name, wrongFault);
  if (fault === null)
    return { state: 'ok', what: 'ours accepted, a wrong secret refused (asked for a payment nobody made)' };
  return {
    state: 'warning',
    what: `a wrong secret is refused, ours is not; but: ${fault.message}`,
    advice: 'expected was "no such payment": ask the vendor, and try a payment in its test environment',
  };
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

/** Refused before our credentials were looked at, or because of them. */
function isNoAnswerToUs({ kind }: ProviderFault): boolean {
  return kind === 'misconfigured' || kind === 'unavailable' || kind === 'rateLimited';
}

function isRefused({ code }: ProviderFault): boolean {
  return code === 'http401' || code === 'http403';
}

function unproven(name: string, fault: ProviderFault | null): Finding {
  const base = `${name.toUpperCase()}_BASE_URL`;
  if (fault !== null && fault.code !== null && isTrouble(fault.code)) return refusal(name, fault);
  return {
    state: 'failed',
    what: `a wrong secret is not refused${fault === null ? '' : ` (${fault.message})`}: this is not ${name}, or does not show it`,
    advice: `check ${base}: another web server seems to answer there`,
  };
}

/** For any call to this vendor that failed. */
export function refusal(name: string, fault: ProviderFault): Finding {
  const prefix = name.toUpperCase();
  if (fault.code !== null && isTrouble(fault.code)) {
    const { what, advice } = troubleOf(fault.code);
    return { state: 'failed', what: `${prefix}_BASE_URL: ${what}`, advice };
  }
  const advice =
    fault.kind === 'misconfigured'
      ? `check the ${prefix}_* credentials, and that they belong to this environment (test or live)`
      : `check ${prefix}_BASE_URL, and try again: this may be another server, or a bad moment`;
  return { state: 'failed', what: fault.message, advice };
}
