/**
 * The money activities. Each try reads at the provider before it writes, writes at most once, and reads back before it
 * believes: a time-out never leads to a second effect.
 */
import { invariant } from '../domain/assert.ts';
import { assertAmountMinor } from '../domain/money.ts';
import type { PaymentSnapshot } from '../domain/payment.ts';
import type { ReservedPayment } from '../ports/payment-provider.ts';
import type { EventOf, UsedUp } from '../domain/session/events.ts';
import { approvedAt } from '../domain/session/payment.ts';
import type { Instant } from '../domain/instant.ts';
import { log } from '@temporalio/activity';
import type { Activities, MoneyStepInput } from './contract.ts';
import { carrying } from './carried.ts';
import type { ActivityDeps } from './deps.ts';
import { misconfigured, notVisibleYet } from './failures.ts';
import { MoneyCall, waitingBetweenTries } from './money-call.ts';
import { isReleased } from './confirm-calls.ts';
import { subjectOf } from './text-content.ts';

export function createMoneyActivities(deps: ActivityDeps) {
  return {
    reservePayment: carrying(deps, reservePayment),
    readPayment: carrying(deps, readPayment),
    capturePayment: waitingBetweenTries(carrying(deps, capturePayment)),
    releasePayment: waitingBetweenTries(carrying(deps, releasePayment)),
    abandonPayment: waitingBetweenTries(carrying(deps, abandonPayment)),
  } satisfies Partial<Activities>;
}

async function readPayment(
  deps: ActivityDeps,
  input: Parameters<Activities['readPayment']>[0],
): Promise<EventOf<'paymentRead'>> {
  const { paymentNumber } = input;
  const call = new MoneyCall(deps, input);
  const snapshot = await call.read();
  const byOther = snapshot !== null && snapshot.capturedMinor > 0 && (await call.isCapturedByOther());
  const at = deps.clock.now();
  const usedUp = snapshot?.phase === 'authorized' ? await computeUsedUp(deps, input, { snapshot, at }) : null;
  return { type: 'paymentRead', paymentNumber, snapshot, byOther, at, ...(usedUp ? { usedUp } : {}) };
}

/** Of the use that this approval begins. A pricing that fails here is asked again by an activity of its own. */
async function computeUsedUp(
  { pricing }: ActivityDeps,
  { createdAt, terms }: Parameters<Activities['readPayment']>[0],
  { snapshot, at }: { snapshot: PaymentSnapshot; at: Instant },
): Promise<UsedUp | null> {
  if (createdAt === undefined || terms === undefined) return null;
  const startedAt = approvedAt(snapshot, { createdAt, readAt: at });
  const limitMinor = snapshot.authorizedMinor;
  try {
    return { startedAt, limitMinor, at: await pricing.instantWhenPriceExceeds(terms, startedAt, limitMinor) };
  } catch (error) {
    log.warn('when the reservation is used up is computed later', { cause: String(error) });
    return null;
  }
}

async function reservePayment(
  deps: ActivityDeps,
  input: MoneyStepInput<'reserve'>,
): ReturnType<Activities['reservePayment']> {
  const { stores, clock } = deps;
  const {
    sessionId,
    paymentNumber,
    paymentReference,
    provider,
    currency,
    amountMinor,
    expiresAt,
    operationId,
  } = input;
  const call = new MoneyCall(deps, input);
  // Certain, unlike after an earlier call: no payment exists that would have to be watched.
  if (!call.isProviderSetUp && !(await call.earlier(operationId)))
    return { type: 'reserveRefused', paymentNumber, code: 'providerNotSetUp', at: clock.now() };
  const record = await call.addPayment({
    sessionId,
    paymentNumber,
    paymentReference,
    provider,
    requestedMinor: amountMinor,
    currency,
    expiresAt,
    createdAt: clock.now(),
  });
  if (record.redirectUrl !== null) {
    const { providerReference, redirectUrl } = record;
    await call.recordResult(operationId, 'succeeded');
    return { type: 'reserved', paymentNumber, providerReference, redirectUrl, at: clock.now() };
  }
  const recordMade = (made: ReservedPayment) =>
    stores.money.recordReservation(paymentReference, { operationId, ...made }, clock.now());
  const find = async () => {
    const found = await call.query(() => call.provider.findReservation(paymentReference));
    if (found) await recordMade(found);
    return found;
  };
  const found = (await call.earlier(operationId)) && (await find());
  const made = found ?? (await makeReservation(deps, call, { input, find, recordMade }));
  if ('refusedCode' in made)
    return { type: 'reserveRefused', paymentNumber, code: made.refusedCode, at: clock.now() };
  return { type: 'reserved', paymentNumber, ...made, at: clock.now() };
}

async function makeReservation(
  deps: ActivityDeps,
  call: MoneyCall,
  {
    input,
    find,
    recordMade,
  }: {
    input: MoneyStepInput<'reserve'>;
    find: () => Promise<ReservedPayment | null>;
    recordMade: (made: ReservedPayment) => Promise<void>;
  },
): Promise<ReservedPayment | { refusedCode: string | null }> {
  const { sessionId, paymentReference, operationId, amountMinor, currency, expiresAt } = input;
  const { provider } = call;
  const { linkToken, serviceName, termsUrl, privacyUrl, msisdn } = await subjectOf(deps, sessionId);
  const request = {
    paymentReference,
    idempotencyKey: operationId,
    amountMinor,
    currency,
    description: serviceName,
    msisdn: msisdn(),
    returnUrl: `${deps.publicUrl()}/p/${linkToken}/done`,
    expiresAt,
    termsUrl,
    privacyUrl,
  };
  const effect = { operation: 'reserve', operationId, amountMinor } as const;
  const written = await call.write(effect, () => provider.reserve(request), recordMade);
  if (written.answer === 'confirmed' && written.result) return written.result;
  const isMade = written.answer === 'confirmed' || written.code === 'duplicateReference';
  if (!isMade && written.isFinal) return { refusedCode: written.code };
  const found = await find();
  if (!found) throw notVisibleYet('reservation');
  return found;
}

async function capturePayment(
  deps: ActivityDeps,
  input: MoneyStepInput<'capture'>,
): ReturnType<Activities['capturePayment']> {
  const { paymentNumber, operationId, amountMinor, currency, paymentReference } = input;
  assertAmountMinor(amountMinor, 'an amount to capture');
  invariant(amountMinor > 0 && amountMinor <= input.authorizedMinor, 'captured <= authorized');
  const call = new MoneyCall(deps, input);
  const before = await call.read();
  if (before && before.capturedMinor > 0) return await captured(deps, call, input, before);
  // It was authorised once. A provider that does not show so just now is read again later: giving up loses the money.
  if (!before || before.phase === 'pending') throw notVisibleYet('authorisation');
  if (before.currency !== currency)
    throw misconfigured('the payment is in another currency than the session');
  const refused = { type: 'captureRefused', paymentNumber } as const;
  if (!isCapturable(before, amountMinor)) {
    // What was confirmed is not refused, whatever a read shows: it may still become visible.
    if ((await call.earlier(operationId))?.state === 'succeeded') throw notVisibleYet('capture');
    await call.recordResult(operationId, 'refused', 'nothingToCapture');
    return { ...refused, code: 'nothingToCapture', snapshot: before, at: deps.clock.now() };
  }
  const keyRefused = await call.refusedKey(operationId, before, 'captured');
  if (keyRefused) return { type: 'captureKeyRefused', paymentNumber, ...keyRefused };
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
  return { ...refused, code: written.code, snapshot: after, at: deps.clock.now() };
}

function isCapturable(snapshot: PaymentSnapshot, amountMinor: number): boolean {
  return snapshot.phase === 'authorized' && snapshot.authorizedMinor - snapshot.releasedMinor >= amountMinor;
}

/**
 * Money that is captured, by any call, is not captured again. A read after the capture may show no more than the captured
 * amount as authorised: what was read before counts.
 */
async function captured(
  deps: ActivityDeps,
  call: MoneyCall,
  input: MoneyStepInput<'capture'>,
  read: PaymentSnapshot,
): Promise<EventOf<'captured'>> {
  const { paymentNumber } = input;
  const authorizedMinor = Math.max(read.authorizedMinor, input.authorizedMinor);
  const byOther = await call.isCapturedByOther();
  const snapshot = { ...read, authorizedMinor };
  return { type: 'captured', paymentNumber, snapshot, byOther, at: deps.clock.now() };
}

async function releasePayment(
  deps: ActivityDeps,
  input: MoneyStepInput<'release'>,
): ReturnType<Activities['releasePayment']> {
  const { paymentNumber, operationId, amountMinor, paymentReference } = input;
  const call = new MoneyCall(deps, input);
  const released = (snapshot: PaymentSnapshot): EventOf<'released'> => ({
    type: 'released',
    paymentNumber,
    snapshot,
    at: deps.clock.now(),
  });
  const refused = (code: string | null): EventOf<'releaseRefused'> => ({
    type: 'releaseRefused',
    paymentNumber,
    code,
    at: deps.clock.now(),
  });
  const before = await call.read();
  if (!before) return refused('unknownPayment');
  if (isReleased(before)) return released(before);
  if (before.phase === 'pending') throw notVisibleYet('authorisation');
  if (before.phase !== 'authorized') return refused('nothingToRelease');
  const keyRefused = await call.refusedKey(operationId, before, 'released');
  if (keyRefused) return { type: 'releaseKeyRefused', paymentNumber, ...keyRefused };
  const { providerReference } = before;
  const written = await call.write({ operation: 'release', operationId, amountMinor }, () =>
    call.provider.release({ paymentReference, providerReference, idempotencyKey: operationId }),
  );
  const after = await call.read();
  if (after && isReleased(after)) return released(after);
  if (written.answer === 'confirmed' || !written.isFinal) throw notVisibleYet('release');
  return refused(written.code);
}

/** Not to be withdrawn any more is no error: the read shows what became of it. */
async function abandonPayment(
  deps: ActivityDeps,
  input: MoneyStepInput<'abandon'>,
): Promise<EventOf<'abandonTried'>> {
  const { paymentNumber, operationId, paymentReference } = input;
  const call = new MoneyCall(deps, input);
  let snapshot = await call.read();
  if (snapshot?.phase === 'pending') {
    const { providerReference } = snapshot;
    const written = await call.write({ operation: 'abandon', operationId, amountMinor: 0 }, () =>
      call.provider.abandon({ paymentReference, providerReference, idempotencyKey: operationId }),
    );
    snapshot = await call.read();
    if (snapshot?.phase === 'pending' && written.answer === 'refused' && !written.isFinal)
      throw notVisibleYet('withdrawal');
  }
  return { type: 'abandonTried', paymentNumber, snapshot, at: deps.clock.now() };
}
