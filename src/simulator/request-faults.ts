import type { Context } from 'hono';
import type { Faults } from './faults.ts';
import type { FaultOperation, FaultRow } from './records.ts';
import { dropConnection, type VendorEnv } from './recording.ts';
import type { Timers } from './timers.ts';

/** How one vendor words the answers a fault can force. */
export interface ForcedAnswers {
  unavailable(c: Context<VendorEnv>): Response;
  refused(c: Context<VendorEnv>, fault: FaultRow): Response | Promise<Response>;
  unauthorized(c: Context<VendorEnv>): Response;
  rateLimited(c: Context<VendorEnv>, waitSeconds: number): Response;
  /** a vendor without it is unavailable instead */
  locked?(c: Context<VendorEnv>): Response;
  /** a vendor without it refuses instead */
  conflict?(c: Context<VendorEnv>): Response;
  /** the call's token is refused from now on; a vendor without tokens answers `unauthorized` */
  expireToken?(c: Context<VendorEnv>): Response;
  /** the bank releases the payment's reservation; the call itself follows */
  releaseEarly?(c: Context<VendorEnv>): void;
}

type Handler = (c: Context<VendorEnv>) => Response | Promise<Response>;

/** Wraps a vendor's operation so that fault switches can disturb it. A delayed call delays no other. */
export function disturbed(
  parts: { faults: Faults; timers: Timers },
  operation: FaultOperation,
  answers: ForcedAnswers,
  act: Handler,
): Handler {
  return async (c) => {
    const fault = parts.faults.fire(operation);
    if (fault === null) return act(c);
    const note = `fault: ${operation} ${fault.kind}`;
    c.set('note', note);
    switch (fault.kind) {
      case 'fail':
        return answers.unavailable(c);
      case 'refuse':
        return answers.refused(c, fault);
      case 'lock':
        return answers.locked?.(c) ?? answers.unavailable(c);
      case 'conflict':
        return answers.conflict?.(c) ?? answers.refused(c, fault);
      case 'rateLimit':
        return answers.rateLimited(c, Math.max(1, Math.ceil(fault.ms / 1_000)));
      case 'expiredToken':
        return answers.expireToken?.(c) ?? answers.unauthorized(c);
      case 'releaseEarly':
        answers.releaseEarly?.(c);
        return act(c);
      case 'badSignature':
        return answers.unauthorized(c);
      case 'drop':
        return dropConnection(c);
      case 'delay':
        return actLate(parts.timers, fault, act, c);
      case 'timeoutAfterActing':
        return answerLate(parts.timers, fault, act, c);
      case 'dropAfterActing':
        await act(c);
        return dropConnection(c);
      case 'failAfterActing':
        await act(c);
        return answers.unavailable(c);
      case 'double':
      case 'reorder':
      case 'unsuccessful':
        return act(c);
    }
  };
}

/** A caller that gave up meanwhile does not stop a vendor from acting. */
async function actLate(timers: Timers, fault: FaultRow, act: Handler, c: Context<VendorEnv>) {
  const elapsed = await timers.sleep(fault.ms);
  return elapsed ? act(c) : dropConnection(c);
}

async function answerLate(timers: Timers, fault: FaultRow, act: Handler, c: Context<VendorEnv>) {
  const answer = await act(c);
  c.get('recordUnanswered')(`fault: ${fault.operation} ${fault.kind}, answer held back`);
  const elapsed = await timers.sleep(fault.ms, c.req.raw.signal);
  return elapsed ? answer : dropConnection(c);
}
