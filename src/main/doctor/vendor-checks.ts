import { randomBytes } from 'node:crypto';
import { ProviderFault, type PaymentProvider } from '../../ports/payment-provider.ts';
import type { Check, Finding } from './finding.ts';

/** Signatures allow ten minutes at Paycore and are bounded at five for Vipps' webhooks. */
const MOST_DRIFT_MS = 60_000;
const CALL_MS = 10_000;

/** Reads a payment that cannot exist: "unknown" proves address, credentials and signature, and changes nothing. */
export function credentialsCheck(name: string, provider: PaymentProvider): Check {
  return {
    name: `${name} credentials`,
    look: async () => {
      try {
        await provider.read({
          paymentReference: `s2p${randomBytes(16).toString('hex')}`,
          providerReference: null,
        });
        return { state: 'ok', what: 'accepted' };
      } catch (error) {
        if (!(error instanceof ProviderFault)) throw error;
        return refusal(name, error);
      }
    },
  };
}

function refusal(name: string, fault: ProviderFault): Finding {
  const what = fault.code === null ? fault.message : `${fault.message} (${fault.code})`;
  const advice =
    fault.kind === 'misconfigured'
      ? `check the ${name.toUpperCase()}_* credentials, and that they belong to this environment (test or live)`
      : `check ${name.toUpperCase()}_BASE_URL and the network, and try again`;
  return { state: 'failed', what, advice };
}

/** Compares our clock with the vendor's `Date` header, which has whole seconds. */
export function clockCheck(name: string, baseUrl: string): Check {
  return {
    name: `clock against ${name}`,
    look: async () => {
      const before = Date.now();
      const response = await fetch(baseUrl, { redirect: 'manual', signal: AbortSignal.timeout(CALL_MS) });
      const theirs = Date.parse(response.headers.get('date') ?? '');
      await response.body?.cancel();
      if (Number.isNaN(theirs)) return { state: 'skipped', what: 'the vendor sends no date' };
      const driftMs = Math.abs(theirs - (before + Date.now()) / 2);
      const what = `${(driftMs / 1000).toFixed(0)} s apart`;
      if (driftMs <= MOST_DRIFT_MS) return { state: 'ok', what };
      return { state: 'failed', what, advice: 'signatures will be refused: synchronise the clock (NTP)' };
    },
  };
}

/** Our own health page, as the vendors would reach it. */
export function publicAddressCheck(publicUrl: string): Check {
  return {
    name: 'public address',
    look: async () => {
      const response = await fetch(`${publicUrl}/healthz`, {
        redirect: 'manual',
        signal: AbortSignal.timeout(CALL_MS),
      });
      await response.body?.cancel();
      if (response.ok) return { state: 'ok', what: `${publicUrl} answers` };
      return {
        state: 'failed',
        what: `${publicUrl}/healthz answers ${response.status}`,
        advice: 'PUBLIC_URL must lead to sms2pay without a redirect: check the proxy, and that sms2pay runs',
      };
    },
  };
}

/** Vipps calls us only where we are registered, and forgets a dead address after two weeks. */
export function webhookCheck(list: () => Promise<readonly { url: string }[]>, ourUrl: string): Check {
  return {
    name: 'vipps webhook',
    look: async () => {
      const registrations = await list();
      if (registrations.some(({ url }) => url === ourUrl)) return { state: 'ok', what: 'registered' };
      return {
        state: 'failed',
        what: `${ourUrl} is not registered (${registrations.length} others are)`,
        advice: 'run: sms2pay vipps webhooks ensure',
      };
    },
  };
}
