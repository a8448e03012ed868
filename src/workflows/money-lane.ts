import { ActivityFailure, log } from '@temporalio/workflow';
import type { MoneyStepInput } from '../activities/contract.ts';
import type { MoneyStep, SessionEvent } from '../domain/session/events.ts';
import type { SessionState } from '../domain/session/state.ts';
import type { Instant } from '../domain/instant.ts';
import { movingMoney, reading, reserving } from './activity-options.ts';
import { formatMoney } from './presentation.ts';

/** Runs one money step to its end and says what came of it. A step that failed for good is an event, not an error. */
export async function runMoneyStep(
  session: SessionState,
  step: MoneyStep,
  now: () => Instant,
): Promise<SessionEvent> {
  const { sessionId, terms, moneyStep } = session;
  const common = { sessionId, provider: terms.provider, currency: terms.currency, fence: moneyStep.number };
  const { attempt } = step;
  try {
    switch (step.step) {
      case 'reserve':
        return await reserve({ ...step, ...common });
      case 'read': {
        const read = await reading.readPayment.executeWithOptions(
          { summary: `Read payment ${attempt} at ${terms.provider}` },
          [{ ...step, ...common }],
        );
        return { type: 'paymentRead', attempt, ...read };
      }
      case 'capture':
        return await capture({ ...step, ...common });
      case 'release':
        return await release({ ...step, ...common });
      case 'abandon': {
        const tried = await movingMoney.abandonPayment.executeWithOptions(
          { summary: `Withdraw payment ${attempt}` },
          [{ ...step, ...common }],
        );
        return { type: 'abandonTried', attempt, ...tried };
      }
    }
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('money step failed', { step: step.step, attempt, cause: String(error.cause?.message) });
    return { type: failureOf(step.step), attempt, at: now() };
  }
}

function failureOf(
  step: MoneyStep['step'],
): 'reserveFailed' | 'readFailed' | 'captureFailed' | 'releaseFailed' {
  switch (step) {
    case 'reserve':
      return 'reserveFailed';
    case 'capture':
      return 'captureFailed';
    case 'release':
      return 'releaseFailed';
    case 'read':
    case 'abandon':
      return 'readFailed';
  }
}

async function reserve(input: MoneyStepInput<'reserve'>): Promise<SessionEvent> {
  const { attempt } = input;
  const summary = `Reserve ${formatMoney(input.amountMinor, input.currency)}`;
  const result = await reserving.reservePayment.executeWithOptions({ summary }, [input]);
  if (result.outcome === 'refused') return { type: 'reserveRefused', attempt, at: result.at };
  const { providerReference, redirectUrl, at } = result;
  return { type: 'reserved', attempt, providerReference, redirectUrl, at };
}

async function capture(input: MoneyStepInput<'capture'>): Promise<SessionEvent> {
  const { attempt, amountMinor, authorizedMinor, currency } = input;
  const summary = `Capture ${formatMoney(amountMinor, currency)} of ${formatMoney(authorizedMinor, currency)}`;
  const result = await movingMoney.capturePayment.executeWithOptions({ summary }, [input]);
  if (result.outcome === 'captured') {
    const { snapshot, byOther, at } = result;
    return { type: 'captured', attempt, snapshot, byOther, at };
  }
  if (result.outcome === 'keyRefused') return { type: 'captureKeyRefused', attempt, at: result.at };
  return { type: 'captureRefused', attempt, snapshot: result.snapshot, at: result.at };
}

async function release(input: MoneyStepInput<'release'>): Promise<SessionEvent> {
  const { attempt } = input;
  const summary = `Give back ${formatMoney(input.amountMinor, input.currency)}`;
  const result = await movingMoney.releasePayment.executeWithOptions({ summary }, [input]);
  if (result.outcome === 'released') {
    return { type: 'released', attempt, snapshot: result.snapshot, at: result.at };
  }
  if (result.outcome === 'keyRefused') return { type: 'releaseKeyRefused', attempt, at: result.at };
  return { type: 'releaseRefused', attempt, at: result.at };
}
