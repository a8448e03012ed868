import type { LedgerPayment, ProviderLedger, ProviderPayment } from '../domain/reconciliation/ledger.ts';
import { ProviderFault, type PaymentProvider } from './payment-provider.ts';

/** What reading payments needs of a provider; nothing here can change one. */
export type ReadableProvider = Pick<PaymentProvider, 'capabilities' | 'read' | 'readEvents'>;

/** The payments as the provider shows them now, one after the other. A fault of one is its `fault`, and no error. */
export async function readPayments(
  provider: ReadableProvider,
  payments: readonly LedgerPayment[],
): Promise<ProviderLedger> {
  const { showsReservationAfterCapture } = provider.capabilities;
  const seen: ProviderPayment[] = [];
  for (const payment of payments) seen.push(await readPayment(provider, payment));
  return { showsReservationAfterCapture, payments: seen };
}

async function readPayment(provider: ReadableProvider, payment: LedgerPayment): Promise<ProviderPayment> {
  const { paymentNumber, paymentReference, providerReference } = payment;
  const identity = { paymentReference, providerReference };
  try {
    const snapshot = await provider.read(identity);
    const hasLog = snapshot !== null && provider.readEvents !== undefined;
    const events = hasLog ? ((await provider.readEvents?.(identity)) ?? null) : null;
    return { paymentNumber, snapshot, events, fault: null };
  } catch (error) {
    if (!(error instanceof ProviderFault)) throw error;
    return { paymentNumber, snapshot: null, events: null, fault: error.code ?? error.kind };
  }
}

/** Nothing could be read: the provider of these payments is not set up here. */
export function unknownProvider(payments: readonly LedgerPayment[]): ProviderLedger {
  return {
    showsReservationAfterCapture: false,
    payments: payments.map(({ paymentNumber }) => ({
      paymentNumber,
      snapshot: null,
      events: null,
      fault: 'providerNotSetUp',
    })),
  };
}
