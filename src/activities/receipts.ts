/** Receipts and credit notes: issued once, shown in the wallet; what they state is copied and never changes. */
import { ApplicationFailure } from '@temporalio/common';
import { pick } from '../domain/pick.ts';
import { splitVat, splitVatOfCredit } from '../domain/vat.ts';
import type { Activities, IssueReceiptInput, ShowReceiptInput } from './contract.ts';
import { carrying, notifying } from './carried.ts';
import type { ActivityDeps } from './deps.ts';
import { misconfigured } from './failures.ts';
import { subjectOf } from './text-content.ts';

export function createReceiptActivities(deps: ActivityDeps) {
  return {
    issueReceipt: carrying(deps, issueReceipt),
    showReceipt: notifying(deps, showReceipt),
  } satisfies Partial<Activities>;
}

/** Issues the sales record of a capture, once. What it states is copied, so that it never changes again. */
async function issueReceipt(
  deps: ActivityDeps,
  input: IssueReceiptInput,
): Promise<{ receiptNumber: number }> {
  const { sessionId, operationId, session: view } = input;
  const subject = await subjectOf(deps, sessionId);
  const { partnerId, terms } = subject;
  const { startedAt, endedAt, capturedMinor } = view;
  if (startedAt === null || endedAt === null) throw misconfigured('a receipt needs a start and an end');
  if (capturedMinor <= 0) throw misconfigured('there is no receipt without a capture');
  await raiseReceiptCounter(deps, partnerId, subject.lastReceiptNumber);
  const receipt = await deps.stores.receipts.issue({
    partnerId,
    sessionId,
    operationId,
    kind: 'sale',
    issuedAt: deps.clock.now(),
    data: {
      ...pick(subject, ['merchantName', 'organisationNumber', 'serviceName', 'serviceReference']),
      startedAt,
      endedAt,
      timeZone: subject.timeZone,
      language: subject.language,
      currency: terms.currency,
      tariff: terms.tariff,
      vatBasisPoints: terms.vatBasisPoints,
      ...splitVat(capturedMinor, terms.vatBasisPoints),
      grossMinor: capturedMinor,
      reservedMinor: view.reservedMinor,
      capturedMinor,
      releasedMinor: view.reservedMinor - capturedMinor,
      releaseSource: view.releaseSource,
      shortfallMinor: view.shortfallMinor,
    },
  });
  return { receiptNumber: receipt.number };
}

/** States what the sale stated, with the amounts of this refund. */
export async function issueCreditNote(
  deps: ActivityDeps,
  { sessionId, operationId, amountMinor }: { sessionId: string; operationId: string; amountMinor: number },
): Promise<{ receiptNumber: number }> {
  const { receipts } = deps.stores;
  const documents = await receipts.listForSession(sessionId);
  const sale = documents.find(({ kind }) => kind === 'sale');
  if (!sale) throw misconfigured('the sale that is to be credited has no receipt');
  const creditedBeforeMinor = documents
    .filter((document) => document.kind === 'creditNote' && document.operationId !== operationId)
    .reduce((sum, { data }) => sum + data.grossMinor, 0);
  const { vatBasisPoints } = sale.data;
  await raiseReceiptCounter(deps, sale.partnerId, await receipts.lastNumber(sale.partnerId));
  const note = await receipts.issue({
    partnerId: sale.partnerId,
    sessionId,
    operationId,
    kind: 'creditNote',
    issuedAt: deps.clock.now(),
    data: {
      ...sale.data,
      ...splitVatOfCredit({ creditedBeforeMinor, amountMinor, vatBasisPoints }),
      grossMinor: amountMinor,
      capturedMinor: amountMinor,
    },
  });
  return { receiptNumber: note.number };
}

/** Shows the sale's receipt in the wallet app. Repeating it is harmless: the provider keeps the first one. */
async function showReceipt(deps: ActivityDeps, input: ShowReceiptInput): Promise<'added' | 'existed'> {
  const provider = deps.providers[input.provider];
  if (!provider?.showReceipt) throw misconfigured(`the wallet of ${input.provider} shows no receipts`);
  const receipts = await deps.stores.receipts.listForSession(input.sessionId);
  const receipt = receipts.find((candidate) => candidate.operationId === input.operationId);
  if (!receipt) throw misconfigured('the receipt to be shown is not in the database');
  const { serviceName, currency, grossMinor, netMinor, vatMinor, vatBasisPoints } = receipt.data;
  const shown = await provider.showReceipt({
    paymentReference: input.paymentReference,
    currency,
    receiptNumber: String(receipt.number),
    lines: [{ id: input.operationId, name: serviceName, grossMinor, netMinor, vatMinor, vatBasisPoints }],
  });
  if (shown.outcome === 'failed') {
    throw ApplicationFailure.retryable('the wallet did not accept the receipt', shown.code);
  }
  return shown.outcome;
}

/**
 * Before each issue: raises the partner's counter to the highest number known and an attention entry about the gap. A restored
 * database may lack the last numbers, and none is issued twice. `above`: the counter as it was read last.
 */
export async function raiseReceiptCounter(
  deps: ActivityDeps,
  partnerId: string,
  above: number,
): Promise<void> {
  const { stores, clock, issuedNumbers } = deps;
  if (!issuedNumbers) return;
  const { receipts, ledger, attention } = stores;
  const installationId = await ledger.installationId();
  const highest = await issuedNumbers.highest({ partnerId, installationId, above });
  // Read after it: another worker may have issued these numbers meanwhile, from this very counter.
  const counter = highest > above ? await receipts.lastNumber(partnerId) : above;
  if (highest <= counter) return;
  // The entry first: a crash in between must not leave a gap without it.
  const details = { partnerId, counter, skippedFrom: counter + 1, skippedTo: highest };
  await attention.raise(
    { subject: `${partnerId}-${highest}`, reason: 'receiptCounterBehind', sessionId: null, details },
    clock.now(),
  );
  await receipts.raiseCounter(partnerId, highest);
}
