import type { SendTextOutcome } from '../domain/text-delivery.ts';
import type { OutboundMessage } from '../ports/outbox-store.ts';
import { sendOnce, type SendOptions } from '../ports/send-text.ts';
import { SmsFault } from '../ports/sms-gateway.ts';
import type { ActivityDeps } from './deps.ts';
import { failureOfGateway, misconfigured } from './failures.ts';

/** Sends a text by its account; what may be tried again fails, for the retry policy. */
export async function sendByAccount(
  deps: ActivityDeps,
  message: OutboundMessage,
  options: Omit<SendOptions, 'isCutOff'>,
): Promise<SendTextOutcome> {
  const gateway = deps.gateways[message.gateway];
  if (!gateway) throw misconfigured(`no SMS gateway named ${message.gateway} is set up`);
  const outcome = await sendOnce(deps, gateway, message, { ...options, isCutOff: true });
  if (outcome instanceof SmsFault) throw failureOfGateway(outcome);
  return outcome;
}
