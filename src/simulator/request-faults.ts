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
  /** vendors without such answers are unavailable instead */
  locked?(c: Context<VendorEnv>): Response;
  rateLimited?(c: Context<VendorEnv>, fault: FaultRow): Response;
}

type Handler = (c: Context<VendorEnv>) => Response | Promise<Response>;

/** Wraps a vendor's operation so that fault switches can disturb it. Nothing else waits while one is held. */
export function disturbed(
  parts: { faults: Faults; timers: Timers },
  operation: FaultOperation,
  answers: ForcedAnswers,
  act: Handler,
): Handler {
  return async (c) => {
    const fault = parts.faults.take(operation);
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
      case 'rateLimit':
        return answers.rateLimited?.(c, fault) ?? answers.unavailable(c);
      case 'badSignature':
        return answers.unauthorized(c);
      case 'drop':
        return dropConnection(c);
      case 'delay':
        return actLate(parts.timers, fault, act, c);
      case 'timeoutAfterActing':
        return answerLate(parts.timers, fault, act, c);
      case 'double':
      case 'reorder':
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
