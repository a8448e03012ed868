import type { Check, Finding } from './finding.ts';
import { whoAnswers } from './who-answers.ts';

/** That vendors and customers reach us, not only somebody, where PUBLIC_URL says. */
export function publicAddressCheck(publicUrl: string, proofs: (challenge: string) => string[]): Check {
  return { name: 'public address', look: () => look(publicUrl, proofs) };
}

async function look(publicUrl: string, proofs: (challenge: string) => string[]): Promise<Finding> {
  const answerer = await whoAnswers(publicUrl, proofs);
  switch (answerer.kind) {
    case 'ours':
      return { state: 'ok', what: `${publicUrl} leads to a process with our keys` };
    case 'anotherSms2pay':
      return {
        state: 'failed',
        what: `${publicUrl} leads to an sms2pay with other keys than this command has`,
        advice:
          'give both the same PERSONAL_DATA_KEYS, or point PUBLIC_URL and the proxy to this installation',
      };
    case 'stranger':
      return {
        state: 'failed',
        what: `${publicUrl}/healthz is answered by something else than sms2pay (HTTP ${answerer.status})`,
        advice:
          'PUBLIC_URL must lead to sms2pay without a redirect: check the proxy, also for /healthz, and that an api runs',
      };
    case 'nobody':
      return {
        state: 'failed',
        what: `${publicUrl}: ${answerer.trouble.what}`,
        advice: answerer.trouble.advice,
      };
  }
}
