import type { Context, Hono } from 'hono';
import type { SimulatorClock } from '../../clock.ts';
import type { SimulatorParts } from '../../parts.ts';
import { jsonOf } from '../../problem.ts';
import type { FaultOperation, FaultRow } from '../../records.ts';
import type { VendorEnv } from '../../recording.ts';
import { disturbed } from '../../request-faults.ts';
import { answer, forcedAnswers, tooManyRequests } from './answers.ts';
import { vippsErrorOf, malformed, refusal, type VippsAnswer, type VippsError } from './errors.ts';
import { bindReply, earlierReply, type KeyedCall, keyedCall } from './idempotency.ts';
import * as rules from './payment-rules.ts';
import type { VippsPayments } from './payments.ts';
import type { VippsPaymentRow } from './records.ts';
import { createdBody, eventLogBody, landingUrl, modificationBody, paymentBody } from './replies.ts';
import { checkCancel, type Checked, checkCreate, checkForceApproval, checkModification } from './requests.ts';

export interface EpaymentParts extends SimulatorParts {
  payments: VippsPayments;
  rateLimit: RateLimit;
}

type Action = 'create' | 'capture' | 'cancel' | 'refund';

const WRITES_PER_MINUTE = 5;
const READS_PER_MINUTE = 120;
const MAX_KEY_LENGTH = 50;

/** A key that comes again with another body. */
const CONFLICT_CODES: Record<Action, VippsError> = {
  create: 'keyReused',
  capture: 'captureKeyReused',
  cancel: 'keyReused',
  refund: 'referenceExists',
};
const FORCED_CODES: Record<Action, VippsError> = {
  create: 'cannotCreate',
  capture: 'cannotCapture',
  cancel: 'cannotCancel',
  refund: 'cannotRefund',
};
/** The bank's refusals: the failed call shows in the event log. */
const BANK_CODES: ReadonlySet<VippsError> = new Set<VippsError>(['fundsUnavailable', 'captureFailed']);
/** "The customer is approving": to be repeated with the same key. */
const REPEAT_CODE: VippsError = 'cancelPending';

/** Stand-in of the ePayment API. */
export function epaymentRoutes(app: Hono<VendorEnv>, parts: EpaymentParts): void {
  const path = '/epayment/v1/payments';
  app.post(path, (c) => write(parts, c, 'create'));
  app.post(`${path}/:reference/capture`, (c) => write(parts, c, 'capture'));
  app.post(`${path}/:reference/cancel`, (c) => write(parts, c, 'cancel'));
  app.post(`${path}/:reference/refund`, (c) => write(parts, c, 'refund'));
  app.get(`${path}/:reference`, (c) =>
    read(parts, c, 'payment', (payment) => paymentBody(payment, landingUrl(parts.baseUrl(), payment))),
  );
  app.get(`${path}/:reference/events`, (c) => read(parts, c, 'events', eventLogBody));
  app.post('/epayment/v1/test/payments/:reference/approve', (c) => forceApprove(parts, c));
}

interface Write {
  action: Action;
  /** '' where the call names none: the vendor counts all of those as one */
  reference: string;
  text: string;
  /** undefined: there is none, or it is not JSON */
  body: unknown;
}

interface Done {
  answer: VippsAnswer;
  /** the payment's new version, if the call left a trace */
  payment?: VippsPaymentRow | undefined;
  code?: VippsError;
}

async function write(parts: EpaymentParts, c: Context<VendorEnv>, action: Action): Promise<Response> {
  const text = await c.req.text();
  const body = await jsonOf(c);
  const call: Write = { action, text, body, reference: c.req.param('reference') ?? referenceOf(body) };
  const waitSeconds = parts.rateLimit.waitSeconds(`${action} ${call.reference}`, WRITES_PER_MINUTE);
  if (waitSeconds > 0) return tooManyRequests(c, waitSeconds);
  const refuseForced = (_c: Context<VendorEnv>, fault: FaultRow) =>
    keyed(parts, c, call, (key) => forcedRefusal(parts, c, call, fault, key));
  const act = () => keyed(parts, c, call, (key) => perform(parts, c, call, key));
  const forced = forcedAnswers(parts.store, refuseForced, {
    conflict: () => answer(c, refusal(CONFLICT_CODES[action], c.req.path)),
    releaseEarly: () => parts.payments.releaseEarly(call.reference),
  });
  return disturbed(parts, faultOperation(call), forced, act)(c);
}

function faultOperation({ action, body }: Write): FaultOperation {
  if (action === 'create') return 'reserve';
  if (action !== 'cancel') return action;
  const checked = checkCancel(body);
  return checked.ok && checked.value ? 'abandon' : 'release';
}

interface Key extends KeyedCall {
  idempotencyKey: string;
}

/** What was answered to this key before is answered again; what is done now is bound to it in the same commit. */
function keyed(
  parts: EpaymentParts,
  c: Context<VendorEnv>,
  call: Write,
  act: (key: Key | null) => Done,
): Response {
  const { action, reference, text } = call;
  const idempotencyKey = c.req.header('idempotency-key') ?? '';
  if (idempotencyKey.length > MAX_KEY_LENGTH || (idempotencyKey === '' && action !== 'cancel')) {
    const reason = `is required, with at most ${MAX_KEY_LENGTH} characters`;
    return answer(c, malformed([{ name: 'Idempotency-Key', reason }], c.req.path));
  }
  if (idempotencyKey === '') {
    const done = act(null);
    if (done.payment !== undefined) parts.payments.put(done.payment);
    return answer(c, done.answer);
  }
  const inPath = action === 'create' ? '' : reference;
  const key = { idempotencyKey, ...keyedCall(action, inPath, idempotencyKey, text) };
  const earlier = earlierReply(parts.store, key);
  if (earlier.kind === 'conflict') return answer(c, refusal(CONFLICT_CODES[action], c.req.path));
  if (earlier.kind === 'replay') return answer(c, earlier.answer);
  const done = act(key);
  const bound = bindReply(key, done.answer, done.code === REPEAT_CODE);
  if (done.payment === undefined) parts.store.commit(...bound);
  else parts.payments.put(done.payment, bound);
  return answer(c, done.answer);
}

function perform(parts: EpaymentParts, c: Context<VendorEnv>, call: Write, key: Key | null): Done {
  if (call.text !== '' && call.body === undefined) {
    return { answer: malformed([{ name: 'body', reason: 'is not JSON, or not declared so' }], c.req.path) };
  }
  return call.action === 'create' ? create(parts, c, call, key) : modify(parts, c, call, key);
}

function create(parts: EpaymentParts, c: Context<VendorEnv>, { body }: Write, key: Key | null): Done {
  const checked = checkCreate(body);
  if (!checked.ok) return badRequest(c, checked);
  if (parts.payments.byReference(checked.value.reference) !== null) return refused(c, 'referenceExists');
  const payment = rules.createPayment(checked.value, callOf(parts, key));
  return {
    payment,
    answer: { status: 201, body: createdBody(payment, landingUrl(parts.baseUrl(), payment)) },
  };
}

function modify(parts: EpaymentParts, c: Context<VendorEnv>, call: Write, key: Key | null): Done {
  const payment = parts.payments.byReference(call.reference);
  if (payment === null) return refused(c, 'referenceNotFound');
  if (call.action === 'cancel') {
    const checked = checkCancel(call.body);
    if (!checked.ok) return badRequest(c, checked);
    return stepped(c, rules.cancel(payment, checked.value, callOf(parts, key)));
  }
  const checked = checkModification(call.body, payment.currency);
  if (!checked.ok) return badRequest(c, checked);
  if (call.action === 'refund') {
    return stepped(c, rules.refund(payment, checked.value, callOf(parts, key)));
  }
  if (key === null) return refused(c, 'missingParameter');
  return stepped(c, rules.capture(payment, checked.value, { ...callOf(parts, key), ...key }));
}

function stepped(c: Context<VendorEnv>, step: rules.Step): Done {
  if (!step.ok) return { ...refused(c, step.code), payment: step.payment };
  return { payment: step.payment, answer: { status: 200, body: modificationBody(step.payment) } };
}

function callOf({ clock }: EpaymentParts, key: Key | null): rules.Call {
  return { idempotencyKey: key?.idempotencyKey ?? null, nowMs: clock.nowMs() };
}

function refused(c: Context<VendorEnv>, code: VippsError): Done {
  return { code, answer: refusal(code, c.req.path) };
}

function badRequest(c: Context<VendorEnv>, checked: Exclude<Checked<unknown>, { ok: true }>): Done {
  if ('code' in checked) return refused(c, checked.code);
  return { answer: malformed(checked.fields, c.req.path) };
}

/** The fault `refuse`: the code it names, or a plain one; the money does not move. */
function forcedRefusal(
  parts: EpaymentParts,
  c: Context<VendorEnv>,
  call: Write,
  fault: FaultRow,
  key: Key | null,
): Done {
  const code = vippsErrorOf(fault.code ?? 0) ?? FORCED_CODES[call.action];
  const payment = parts.payments.byReference(call.reference);
  const isBank = call.action === 'capture' && BANK_CODES.has(code);
  const checked = checkModification(call.body, payment?.currency ?? '');
  if (!isBank || payment === null || !checked.ok) return refused(c, code);
  return stepped(c, rules.failCapture(payment, checked.value, code, callOf(parts, key)));
}

function read(
  parts: EpaymentParts,
  c: Context<VendorEnv>,
  what: string,
  bodyOf: (payment: VippsPaymentRow) => unknown,
): Response | Promise<Response> {
  const reference = c.req.param('reference') ?? '';
  const waitSeconds = parts.rateLimit.waitSeconds(`${what} ${reference}`, READS_PER_MINUTE);
  if (waitSeconds > 0) return tooManyRequests(c, waitSeconds);
  const act = (): Response => {
    const payment = parts.payments.byReference(reference);
    if (payment === null) return answer(c, refusal('referenceNotFound', c.req.path));
    return answer(c, { status: 200, body: bodyOf(payment) });
  };
  return disturbed(parts, 'read', forcedAnswers(parts.store, act), act)(c);
}

/** Instead of the customer in the app. That a test user must have approved once by hand is not modelled. */
async function forceApprove(parts: EpaymentParts, c: Context<VendorEnv>): Promise<Response> {
  const checked = checkForceApproval(await jsonOf(c));
  const refuse = (code: VippsError) => answer(c, refusal(code, c.req.path));
  if (!checked.ok) return answer(c, badRequest(c, checked).answer);
  const payment = parts.payments.byReference(c.req.param('reference') ?? '');
  if (payment === null) return refuse('referenceNotFound');
  if (checked.value === null) return refuse('identificationRequired');
  const { token } = checked.value;
  if (token !== null && token !== payment.token) return refuse('approveFailed');
  if (payment.state === 'AUTHORIZED') return refuse('alreadyReserved');
  if (parts.payments.decide(payment.id, 'approve').ok) return c.body(null, 200);
  return refuse(
    payment.state === 'CREATED' && payment.requestedMinor === rules.EXPIRED_CARD_MINOR
      ? 'internalError'
      : 'approveFailed',
  );
}

function referenceOf(body: unknown): string {
  const isNamed = typeof body === 'object' && body !== null && 'reference' in body;
  return isNamed && typeof body.reference === 'string' ? body.reference : '';
}

const WINDOW_MS = 60_000;
const MAX_COUNTERS = 1_000;

/**
 * So many calls a minute per counter, by the simulator's clock: an hour later is another minute. A refused call does not
 * count. Not kept across a restart.
 */
export class RateLimit {
  readonly #clock: SimulatorClock;
  readonly #calls = new Map<string, number[]>();

  constructor(clock: SimulatorClock) {
    this.#clock = clock;
  }

  /** 0 when the call may pass; otherwise the seconds to wait. */
  waitSeconds(counter: string, perMinute: number): number {
    const nowMs = this.#clock.nowMs();
    const recent = (this.#calls.get(counter) ?? []).filter((atMs) => atMs > nowMs - WINDOW_MS);
    const [oldestMs] = recent;
    if (recent.length >= perMinute && oldestMs !== undefined) {
      return Math.max(1, Math.ceil((oldestMs + WINDOW_MS - nowMs) / 1_000));
    }
    this.#calls.set(counter, [...recent, nowMs]);
    if (this.#calls.size > MAX_COUNTERS) this.#forgetOld(nowMs);
    return 0;
  }

  #forgetOld(nowMs: number): void {
    for (const [counter, calls] of this.#calls) {
      if ((calls.at(-1) ?? 0) <= nowMs - WINDOW_MS) this.#calls.delete(counter);
    }
  }
}
