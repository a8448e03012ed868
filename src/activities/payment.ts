/**
 * The money activities. Each try reads at the provider before it writes, writes at most once, and reads back before it
 * believes: a time-out never leads to a second effect.
 */
import { invariant } from '../domain/assert.ts';
import { assertAmountMinor } from '../domain/money.ts';
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
import { isReleased } from './proof-of-read.ts';

export function createMoneyActivities(deps: ActivityDeps): MoneyActivities {
  return {
    reservePayment: (input) => reservePayment(deps, input),
    readPayment: (input) => readPayment(deps, input),
    capturePayment: (input) => capturePayment(deps, input),
    releasePayment: (input) => releasePayment(deps, input),
    abandonPayment: (input) => abandonPayment(deps, input),
  };
}

async function readPayment(deps: ActivityDeps, input: MoneyStepInput<'read'>): Promise<ReadOutcome> {
  const call = new MoneyCall(deps, input);
  const snapshot = await call.read();
  const isTaken = snapshot !== null && snapshot.capturedMinor > 0;
  return { ...withTime(deps, snapshot), byOther: isTaken && (await call.isCapturedByOther()) };
}

function withTime(deps: ActivityDeps, snapshot: PaymentSnapshot | null): ReadOutcome {
  return { snapshot, at: deps.clock.now() };
}

async function reservePayment(deps: ActivityDeps, input: MoneyStepInput<'reserve'>): Promise<ReserveOutcome> {
  const { stores, clock } = deps;
  const { sessionId, attempt, paymentReference, provider, currency, amountMinor, expiresAt, operationId } =
    input;
  const call = new MoneyCall(deps, input);
  const earlier = await call.earlier(operationId);
  // Certain, unlike after an earlier call: no payment exists that would have to be watched.
  if (!earlier && !call.isProviderSetUp)
    return { outcome: 'refused', code: 'providerNotSetUp', at: clock.now() };
  const record = await stores.money.addPayment({
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
    await call.settle(operationId, 'succeeded');
    return { outcome: 'reserved', providerReference, redirectUrl, at: clock.now() };
  }
  const find = () => call.ask(() => call.provider.findReservation(paymentReference));
  const found = earlier && (await find());
  const made = found ?? (await makeReservation(deps, call, { input, find }));
  if ('refusedCode' in made) return { outcome: 'refused', code: made.refusedCode, at: clock.now() };
  await stores.money.setReservation(paymentReference, made);
  await call.settle(operationId, 'succeeded');
  return { outcome: 'reserved', ...made, at: clock.now() };
}

async function makeReservation(
  deps: ActivityDeps,
  call: MoneyCall,
  { input, find }: { input: MoneyStepInput<'reserve'>; find: () => Promise<ReservedPayment | null> },
): Promise<ReservedPayment | { refusedCode: string | null }> {
  const { sessionId, paymentReference, operationId, amountMinor, currency, expiresAt } = input;
  const { provider } = call;
  const session = await deps.stores.sessions.find(sessionId);
  const service = session && (await deps.stores.settings.findService(session.serviceId));
  const partner = session && (await deps.stores.settings.findPartner(session.partnerId));
  if (!session || !service || !partner)
    throw misconfigured('the session, its service or its partner is not in the database');
  const { termsUrl, privacyUrl } = partner;
  const request = {
    paymentReference,
    idempotencyKey: operationId,
    amountMinor,
    currency,
    description: service.name,
    msisdn: await deps.stores.sessions.msisdnOf(session.subscriberId),
    returnUrl: `${deps.publicUrl()}/p/${session.linkToken}/done`,
    expiresAt,
    termsUrl,
    privacyUrl,
  };
  const effect = { operation: 'reserve', operationId, amountMinor } as const;
  const written = await call.write(effect, () => provider.reserve(request));
  if (written.answer === 'confirmed' && written.result) return written.result;
  const isMade = written.answer === 'confirmed' || written.code === 'duplicateReference';
  if (!isMade && written.isFinal) return { refusedCode: written.code };
  const found = await find();
  if (!found) throw notVisibleYet('reservation');
  return found;
}

async function capturePayment(deps: ActivityDeps, input: MoneyStepInput<'capture'>): Promise<CaptureOutcome> {
  const { operationId, amountMinor, currency, paymentReference } = input;
  assertAmountMinor(amountMinor, 'an amount to capture');
  invariant(amountMinor > 0 && amountMinor <= input.authorizedMinor, 'captured <= authorized');
  const call = new MoneyCall(deps, input);
  const before = await call.read();
  if (before && before.capturedMinor > 0) return await captured(deps, call, input, before);
  // It was authorised once. A provider that does not say so just now is asked again later: giving up loses the money.
  if (!before || before.phase === 'pending') throw notVisibleYet('authorisation');
  if (before.currency !== currency)
    throw misconfigured('the payment is in another currency than the session');
  if (!isCapturable(before, amountMinor)) {
    // What was confirmed is not refused, whatever a read shows: it may still become visible.
    if ((await call.earlier(operationId))?.state === 'succeeded') throw notVisibleYet('capture');
    await call.settle(operationId, 'refused', 'nothingToCapture');
    return { outcome: 'refused', code: 'nothingToCapture', snapshot: before, at: deps.clock.now() };
  }
  const spent = await call.refusedKey(operationId, before, 'captured');
  if (spent) return spent;
  const { providerReference, authorizedMinor } = before;
  const written = await call.write({ operation: 'capture', operationId, amountMinor }, () =>
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
  if (written.answer === 'confirmed' || !written.isFinal) throw notVisibleYet('capture');
  return { outcome: 'refused', code: written.code, snapshot: after, at: deps.clock.now() };
}

function isCapturable(snapshot: PaymentSnapshot, amountMinor: number): boolean {
  return snapshot.phase === 'authorized' && snapshot.authorizedMinor - snapshot.releasedMinor >= amountMinor;
}

/**
 * Whoever took it, it is not taken a second time. A read after the capture may show no more than the captured amount as
 * authorised: what was read before holds.
 */
async function captured(
  deps: ActivityDeps,
  call: MoneyCall,
  input: MoneyStepInput<'capture'>,
  read: PaymentSnapshot,
): Promise<CaptureOutcome> {
  const authorizedMinor = Math.max(read.authorizedMinor, input.authorizedMinor);
  const byOther = await call.isCapturedByOther();
  return { outcome: 'captured', snapshot: { ...read, authorizedMinor }, byOther, at: deps.clock.now() };
}

async function releasePayment(deps: ActivityDeps, input: MoneyStepInput<'release'>): Promise<ReleaseOutcome> {
  const { operationId, amountMinor, paymentReference } = input;
  const call = new MoneyCall(deps, input);
  const refused = (code: string | null): ReleaseOutcome => ({
    outcome: 'refused',
    code,
    at: deps.clock.now(),
  });
  const before = await call.read();
  if (!before) return refused('unknownPayment');
  if (isReleased(before)) return { outcome: 'released', snapshot: before, at: deps.clock.now() };
  if (before.phase === 'pending') throw notVisibleYet('authorisation');
  if (before.phase !== 'authorized') return refused('nothingToRelease');
  const spent = await call.refusedKey(operationId, before, 'released');
  if (spent) return spent;
  const { providerReference } = before;
  const written = await call.write({ operation: 'release', operationId, amountMinor }, () =>
    call.provider.release({ paymentReference, providerReference, idempotencyKey: operationId }),
  );
  const after = await call.read();
  if (after && isReleased(after)) return { outcome: 'released', snapshot: after, at: deps.clock.now() };
  if (written.answer === 'confirmed' || !written.isFinal) throw notVisibleYet('release');
  return refused(written.code);
}

/** Not to be withdrawn any more is no error: the read tells what became of it. */
async function abandonPayment(deps: ActivityDeps, input: MoneyStepInput<'abandon'>): Promise<ReadOutcome> {
  const { operationId, paymentReference } = input;
  const call = new MoneyCall(deps, input);
  const before = await call.read();
  if (before?.phase !== 'pending') return withTime(deps, before);
  const { providerReference } = before;
  const written = await call.write({ operation: 'abandon', operationId, amountMinor: 0 }, () =>
    call.provider.abandon({ paymentReference, providerReference, idempotencyKey: operationId }),
  );
  const after = await call.read();
  if (after?.phase === 'pending' && written.answer === 'refused' && !written.isFinal)
    throw notVisibleYet('withdrawal');
  return withTime(deps, after);
}
