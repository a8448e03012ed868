/**
 * The money activities. Each try reads at the provider before it writes, writes at most once, and reads back before it
 * believes: a time-out never leads to a second effect.
 */
import { invariant } from '../domain/assert.ts';
import type { PaymentSnapshot } from '../domain/payment.ts';
import type { ReservedPayment } from '../ports/payment-provider.ts';
import type {
  CaptureOutcome,
  MoneyActivities,
  MoneyStepInput,
  ReadOutcome,
  ReleaseOutcome,
  ReserveOutcome,
} from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { misconfigured, notVisibleYet } from './failures.ts';
import { MoneyCall } from './money-call.ts';

export function createMoneyActivities(deps: ActivityDeps): MoneyActivities {
  return {
    reservePayment: (input) => reservePayment(deps, input),
    readPayment: async (input) => withTime(deps, await new MoneyCall(deps, input).read()),
    capturePayment: (input) => capturePayment(deps, input),
    releasePayment: (input) => releasePayment(deps, input),
    abandonPayment: (input) => abandonPayment(deps, input),
  };
}

function withTime(deps: ActivityDeps, snapshot: PaymentSnapshot | null): ReadOutcome {
  return { snapshot, at: deps.clock.now() };
}

async function reservePayment(deps: ActivityDeps, input: MoneyStepInput<'reserve'>): Promise<ReserveOutcome> {
  const { stores, clock } = deps;
  const { sessionId, attempt, paymentReference, provider, currency, amountMinor, expiresAt, operationId } =
    input;
  const call = new MoneyCall(deps, input);
  const record = await stores.money.openAttempt({
    sessionId,
    attempt,
    paymentReference,
    provider,
    requestedMinor: amountMinor,
    currency,
    expiresAt,
    createdAt: clock.now(),
  });
  if (record.redirectUrl !== null) {
    const { providerReference, redirectUrl } = record;
    return { outcome: 'reserved', providerReference, redirectUrl, at: clock.now() };
  }
  const { tries } = await call.start('reserve', operationId, amountMinor);
  const earlier = tries > 1 ? await call.ask(() => call.provider.findReservation(paymentReference)) : null;
  const made = earlier ?? (await makeReservation(deps, call, input));
  if ('refusedCode' in made) {
    await call.finish(operationId, 'refused', made.refusedCode);
    return { outcome: 'refused', code: made.refusedCode, at: clock.now() };
  }
  await stores.money.setReservation(paymentReference, made);
  await call.finish(operationId, 'succeeded');
  return { outcome: 'reserved', ...made, at: clock.now() };
}

async function makeReservation(
  deps: ActivityDeps,
  call: MoneyCall,
  input: MoneyStepInput<'reserve'>,
): Promise<ReservedPayment | { refusedCode: string | null }> {
  const { sessionId, paymentReference, operationId, amountMinor, currency, expiresAt } = input;
  const session = await deps.stores.sessions.find(sessionId);
  const service = session && (await deps.stores.settings.findService(session.serviceId));
  if (!session || !service) throw misconfigured('the session or its service is not in the database');
  const msisdn = await deps.stores.sessions.msisdnOf(session.subscriberId);
  let reserved: ReservedPayment | null = null;
  const result = await call.write(operationId, async () => {
    reserved = await call.provider.reserve({
      paymentReference,
      idempotencyKey: operationId,
      amountMinor,
      currency,
      description: service.name,
      msisdn,
      returnUrl: `${deps.publicUrl()}/p/${session.linkToken}/done`,
      expiresAt,
    });
  });
  if (reserved !== null) return reserved;
  invariant(result !== 'done', 'a reservation that was made has an address');
  if (result.refusedCode !== 'duplicateReference') return result;
  const found = await call.ask(() => call.provider.findReservation(paymentReference));
  if (!found) throw notVisibleYet('reservation');
  return found;
}

async function capturePayment(deps: ActivityDeps, input: MoneyStepInput<'capture'>): Promise<CaptureOutcome> {
  const { operationId, amountMinor, authorizedMinor, currency, paymentReference } = input;
  invariant(amountMinor > 0 && amountMinor <= authorizedMinor, 'captured <= authorized');
  const call = new MoneyCall(deps, input);
  const before = await call.read();
  if (before && before.capturedMinor > 0) return await captured(deps, call, input, before);
  if (!before || !isCapturable(before, amountMinor)) {
    return { outcome: 'refused', code: 'nothingToCapture', snapshot: before, at: deps.clock.now() };
  }
  await call.start('capture', operationId, amountMinor);
  const { providerReference } = before;
  const result = await call.write(operationId, () =>
    call.provider.capture({
      paymentReference,
      providerReference,
      idempotencyKey: operationId,
      amountMinor,
      authorizedMinor,
      currency,
    }),
  );
  const after = await call.read();
  if (after && after.capturedMinor > 0) return await captured(deps, call, input, after);
  if (result === 'done') throw notVisibleYet('capture');
  await call.finish(operationId, 'refused', result.refusedCode);
  return { outcome: 'refused', code: result.refusedCode, snapshot: after, at: deps.clock.now() };
}

function isCapturable(snapshot: PaymentSnapshot, amountMinor: number): boolean {
  return snapshot.phase === 'authorized' && snapshot.authorizedMinor - snapshot.releasedMinor >= amountMinor;
}

/** A read after the capture may show no more than the captured amount as authorised: what was read before holds. */
async function captured(
  deps: ActivityDeps,
  call: MoneyCall,
  input: MoneyStepInput<'capture'>,
  read: PaymentSnapshot,
): Promise<CaptureOutcome> {
  await call.finish(input.operationId, 'succeeded');
  const authorizedMinor = Math.max(read.authorizedMinor, input.authorizedMinor);
  return { outcome: 'captured', snapshot: { ...read, authorizedMinor }, at: deps.clock.now() };
}

async function releasePayment(deps: ActivityDeps, input: MoneyStepInput<'release'>): Promise<ReleaseOutcome> {
  const { operationId, amountMinor, paymentReference } = input;
  const call = new MoneyCall(deps, input);
  const before = await call.read();
  if (!before) return { outcome: 'refused', code: 'unknownPayment', at: deps.clock.now() };
  if (isReleased(before)) {
    await call.finish(operationId, 'succeeded');
    return { outcome: 'released', snapshot: before, at: deps.clock.now() };
  }
  await call.start('release', operationId, amountMinor);
  const { providerReference } = before;
  const result = await call.write(operationId, () =>
    call.provider.release({ paymentReference, providerReference, idempotencyKey: operationId }),
  );
  const after = await call.read();
  if (after && isReleased(after)) {
    await call.finish(operationId, 'succeeded');
    return { outcome: 'released', snapshot: after, at: deps.clock.now() };
  }
  if (result === 'done') throw notVisibleYet('release');
  await call.finish(operationId, 'refused', result.refusedCode);
  return { outcome: 'refused', code: result.refusedCode, at: deps.clock.now() };
}

function isReleased(snapshot: PaymentSnapshot): boolean {
  return (
    snapshot.phase === 'authorized' &&
    snapshot.authorizedMinor - snapshot.capturedMinor - snapshot.releasedMinor <= 0
  );
}

/** Not to be withdrawn any more is no error: the read tells what became of it. */
async function abandonPayment(deps: ActivityDeps, input: MoneyStepInput<'abandon'>): Promise<ReadOutcome> {
  const { operationId, paymentReference } = input;
  const call = new MoneyCall(deps, input);
  const before = await call.read();
  if (!before || before.phase !== 'pending') return withTime(deps, before);
  await call.start('abandon', operationId, 0);
  const { providerReference } = before;
  const result = await call.write(operationId, () =>
    call.provider.abandon({ paymentReference, providerReference, idempotencyKey: operationId }),
  );
  await call.finish(
    operationId,
    result === 'done' ? 'succeeded' : 'refused',
    result === 'done' ? null : result.refusedCode,
  );
  return withTime(deps, await call.read());
}
