import { ActivityFailure, CancellationScope, log, sleep, TimeoutFailure } from '@temporalio/workflow';
import type { Carried } from '../activities/contract.ts';
import { MAY_CALL_MS } from '../domain/money-call-times.ts';
import type { MoneyResult, MoneyStep } from '../domain/session/events.ts';
import type { SessionState } from '../domain/session/state.ts';
import type { Instant } from '../domain/instant.ts';
import { moneyCalls, readCalls, reserveCalls } from './activity-options.ts';
import { formatMoney } from './projector.ts';

const FAILURE_OF = {
  reserve: 'reserveFailed',
  read: 'readFailed',
  capture: 'captureFailed',
  release: 'releaseFailed',
  abandon: 'readFailed',
} as const satisfies Record<MoneyStep['step'], MoneyResult['type']>;

/** A step whose tries all failed is an event, not an error. */
export function failedStep({ step, paymentNumber }: MoneyStep, error: unknown, at: Instant): MoneyResult {
  if (!(error instanceof ActivityFailure)) throw error;
  log.warn('money step failed', { step, paymentNumber, cause: String(error.cause?.message) });
  return { type: FAILURE_OF[step], paymentNumber, at };
}

/**
 * A round whose last try seems dead is over when that try can make no call any more: its worker may only be cut off from Temporal,
 * and what follows, perhaps a waiver, must know what was taken.
 */
async function untilNoCallCanFollow<R>(round: Promise<R>): Promise<R> {
  try {
    return await round;
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : null;
    if (cause instanceof TimeoutFailure && cause.timeoutType === 'HEARTBEAT')
      await CancellationScope.nonCancellable(() => sleep(MAY_CALL_MS));
    throw error;
  }
}

/** Runs one money step to its end. */
export async function runMoneyStep(
  { sessionId, terms, moneyStep }: SessionState,
  step: MoneyStep,
  carried: Carried,
): Promise<MoneyResult> {
  const { provider, currency } = terms;
  const common = { sessionId, provider, currency, stepNumber: moneyStep.number, ...carried };
  const money = (amountMinor: number): string => formatMoney(amountMinor, currency);
  switch (step.step) {
    case 'reserve': {
      const summary = `Reserve ${money(step.amountMinor)}`;
      return await reserveCalls.reservePayment.executeWithOptions({ summary }, [{ ...step, ...common }]);
    }
    case 'read': {
      const summary = `Read payment ${step.paymentNumber} at ${provider}`;
      const input = { ...step, ...common, ...(step.createdAt === undefined ? {} : { terms }) };
      return await readCalls.readPayment.executeWithOptions({ summary }, [input]);
    }
    case 'capture': {
      const summary = `Capture ${money(step.amountMinor)} of ${money(step.authorizedMinor)}`;
      return await untilNoCallCanFollow(
        moneyCalls.capturePayment.executeWithOptions({ summary }, [{ ...step, ...common }]),
      );
    }
    case 'release': {
      const summary = `Release ${money(step.amountMinor)}`;
      return await untilNoCallCanFollow(
        moneyCalls.releasePayment.executeWithOptions({ summary }, [{ ...step, ...common }]),
      );
    }
    case 'abandon': {
      const summary = `Withdraw payment ${step.paymentNumber}`;
      return await moneyCalls.abandonPayment.executeWithOptions({ summary }, [{ ...step, ...common }]);
    }
  }
}
