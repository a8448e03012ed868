import type { PaymentEvent, PaymentSnapshot } from '../../../src/domain/payment.ts';
import type {
  SessionLedger,
  ProviderLedger,
  ProviderPayment,
} from '../../../src/domain/reconciliation/ledger.ts';

export const NOW = '2026-11-26T10:00:00.000Z';
export const SESSION = 'a1b2c3d4000040008000000000000001';
export const REFERENCE = `s2p${SESSION}`;

/** A session of one hour: 5 reserved, 1 captured, 4 given back by our call; as it is when all is well. */
export function someLedger(change: Partial<SessionLedger> = {}): SessionLedger {
  return {
    sessionId: SESSION,
    partnerId: 'reference',
    provider: 'vipps',
    currency: 'NOK',
    createdAt: '2026-11-26T08:00:00.000Z',
    updatedAt: '2026-11-26T09:00:00.000Z',
    state: 'captured',
    nextDueAt: null,
    release: 'call',
    minimumCaptureMinor: 100,
    transactionId: 'psp-1',
    reservedMinor: 500,
    computedMinor: 100,
    capturedMinor: 100,
    releasedMinor: 400,
    releaseSource: 'call',
    refundedMinor: 0,
    shortfallMinor: 0,
    attention: [],
    payments: [
      {
        paymentNumber: 1,
        paymentReference: REFERENCE,
        providerReference: 'psp-1',
        requestedMinor: 500,
        phase: 'authorized',
        authorizedMinor: 500,
        capturedMinor: 100,
        readAt: '2026-11-26T09:00:00.000Z',
        createdAt: '2026-11-26T08:00:00.000Z',
      },
    ],
    operations: [anOperation('reserve', 500), anOperation('capture', 100), anOperation('release', 400)],
    openActionId: null,
    documents: [{ kind: 'sale', number: 1, grossMinor: 100, netMinor: 80, vatMinor: 20 }],
    texts: [
      { kind: 'paymentLink', state: 'sent', delivery: 'delivered', amountsMinor: [500] },
      { kind: 'receipt', state: 'sent', delivery: 'delivered', amountsMinor: [100] },
    ],
    messages: { count: 2, unhandled: 0, ignored: [] },
    endRequestedAt: null,
    ...change,
  };
}

export function anOperation(
  operation: SessionLedger['operations'][number]['operation'],
  amountMinor: number,
  n = 1,
): SessionLedger['operations'][number] {
  return {
    operationId: `${SESSION}-${operation}-${n}`,
    paymentNumber: 1,
    operation,
    amountMinor,
    state: 'succeeded',
  };
}

export function aSnapshot(change: Partial<PaymentSnapshot> = {}): PaymentSnapshot {
  return {
    paymentReference: REFERENCE,
    providerReference: 'psp-1',
    phase: 'authorized',
    currency: 'NOK',
    requestedMinor: 500,
    authorizedMinor: 500,
    capturedMinor: 100,
    releasedMinor: 400,
    refundedMinor: 0,
    authorizedAt: '2026-11-26T08:00:10.000Z',
    captureDeadlineAt: null,
    ...change,
  };
}

export function anEvent(
  kind: PaymentEvent['kind'],
  amountMinor: number,
  idempotencyKey: string | null = null,
): PaymentEvent {
  return { kind, amountMinor, at: NOW, success: true, idempotencyKey };
}

export const LOG: readonly PaymentEvent[] = [
  anEvent('created', 500, `${SESSION}-reserve-1`),
  anEvent('authorized', 500),
  anEvent('captured', 100, `${SESSION}-capture-1`),
  anEvent('released', 400, `${SESSION}-release-1`),
];

/** The provider's side of `someLedger`, as Vipps shows it. */
export function someTheirs(
  snapshot: Partial<PaymentSnapshot> = {},
  payment: Partial<ProviderPayment> = {},
): ProviderLedger {
  return {
    showsReservationAfterCapture: true,
    payments: [
      { paymentNumber: 1, snapshot: aSnapshot(snapshot), events: [...LOG], fault: null, ...payment },
    ],
  };
}

/** The same session at a provider like Paycore: nothing shown but the capture, nothing given back by a call. */
export function assumedBooks(change: Partial<SessionLedger> = {}): SessionLedger {
  return someLedger({
    provider: 'paycore',
    release: 'unknown',
    releaseSource: 'assumed',
    operations: [anOperation('reserve', 500), anOperation('capture', 100)],
    ...change,
  });
}

export function hiddenTheirs(): ProviderLedger {
  const snapshot = aSnapshot({ requestedMinor: 100, authorizedMinor: 100, releasedMinor: 0 });
  return {
    showsReservationAfterCapture: false,
    payments: [{ paymentNumber: 1, snapshot, events: null, fault: null }],
  };
}
