import { SmsFault } from '../ports/sms-gateway.ts';
import type { OutboundMessage } from '../ports/outbox-store.ts';
import type { SendTextOutcome } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { failureOfGateway, misconfigured } from './failures.ts';

export interface SendOptions {
  /** sent again when its outcome is unknown: a doubled payment link is harmless, a doubled receipt is not */
  mayRepeat: boolean;
  moReferenceId: string | null;
}

/** Sends one text at most once, except one that may be repeated. The row says `sending` before the gateway is called. */
export async function sendOnce(
  deps: ActivityDeps,
  message: OutboundMessage,
  options: SendOptions,
): Promise<SendTextOutcome> {
  const { outbox, sessions } = deps.stores;
  const { outboundId, shortNumber } = message;
  const gateway = deps.gateways[message.gateway];
  if (!gateway) throw misconfigured(`no SMS gateway named ${message.gateway} is set up`);
  const { state, text } = await outbox.prepare(message, deps.clock.now());
  if (state === 'sent' || state === 'rejected' || state === 'suppressed') return state;
  // Read before the row says `sending`: what fails after that may have been sent, and is not tried again.
  const msisdn = await sessions.msisdnOf(message.subscriberId);
  if (!(await outbox.markSending(outboundId, options.mayRepeat, deps.clock.now()))) {
    const interrupted = { kind: 'interrupted', code: 'the process ended while sending' } as const;
    await outbox.markFailed(outboundId, interrupted, deps.clock.now());
    return 'unknown';
  }
  try {
    const { moReferenceId } = options;
    const sent = await gateway.send({ outboundId, shortNumber, msisdn, text, moReferenceId });
    await outbox.markSent(outboundId, { ...sent, isReportAsked: gateway.reportsDelivery }, deps.clock.now());
    return 'sent';
  } catch (error) {
    if (!(error instanceof SmsFault)) throw error;
    return await onFault(deps, outboundId, error, options.mayRepeat);
  }
}

async function onFault(
  deps: ActivityDeps,
  outboundId: string,
  fault: SmsFault,
  mayRepeat: boolean,
): Promise<SendTextOutcome> {
  const { kind, code, message } = fault;
  await deps.stores.outbox.markFailed(outboundId, { kind, code: code ?? message }, deps.clock.now());
  switch (kind) {
    case 'unavailable':
    case 'misconfigured':
      throw failureOfGateway(fault);
    case 'rejected':
      return 'rejected';
    case 'outcomeUnknown':
      if (mayRepeat) throw failureOfGateway(fault);
      return 'unknown';
  }
}
