// Usage: node --import tsx scripts/provider-table.ts
// Rewrites the table of providers and capabilities in docs/adding-a-provider.md from what the adapters declare.
import { readFileSync, writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { PAYCORE_CAPABILITIES } from '../src/adapters/payment/paycore/settings.ts';
import { VIPPS_CAPABILITIES } from '../src/adapters/payment/vipps/settings.ts';
import { formatPrice } from '../src/domain/money.ts';
import type { ReleaseCapability } from '../src/domain/payment.ts';
import type { ProviderCapabilities } from '../src/ports/payment-provider.ts';

const DOCUMENT = fileURLToPath(new URL('../docs/adding-a-provider.md', import.meta.url));
const BETWEEN_MARKS = /(?<=<!-- providers -->\n)[\s\S]*?(?=<!-- \/providers -->)/;

const DECLARED: readonly ProviderCapabilities[] = [PAYCORE_CAPABILITIES, VIPPS_CAPABILITIES];

const RELEASE: Record<ReleaseCapability, string> = {
  call: 'by a call',
  automaticAfterCapture: 'by itself with a capture, else by a call',
  lapses: 'runs out by itself',
  unknown: 'nothing to call, nothing documented',
};

/** A capability that has no column does not compile: a new one needs its column. */
const COLUMNS: Record<
  keyof ProviderCapabilities,
  [title: string, cell: (of: ProviderCapabilities) => string]
> = {
  provider: ['provider', ({ provider }) => `\`${provider}\``],
  release: ['release', ({ release }) => RELEASE[release]],
  abandon: ['abandon', ({ abandon }) => yesOrNo(abandon)],
  refund: ['refund', ({ refund }) => yesOrNo(refund)],
  idempotencyKeys: ['idempotency keys', ({ idempotencyKeys }) => yesOrNo(idempotencyKeys)],
  paymentOnOpen: ['payment on open', ({ paymentOnOpen }) => yesOrNo(paymentOnOpen)],
  paymentLifeMs: [
    'payment life',
    ({ paymentLifeMs }) => (paymentLifeMs === null ? 'as long as requested' : inWords(paymentLifeMs)),
  ],
  minimumCaptureMinor: ['smallest capture', smallestCapture],
  captureDeadlineMs: ['capture deadline', ({ captureDeadlineMs }) => inWords(captureDeadlineMs)],
  showsReceipt: ['receipt in the app', ({ showsReceipt }) => yesOrNo(showsReceipt === true)],
  eventLog: ['event log', ({ eventLog }) => yesOrNo(eventLog)],
  showsReservationAfterCapture: [
    'reservation after a capture',
    ({ showsReservationAfterCapture }) => (showsReservationAfterCapture ? 'shown' : 'not shown'),
  ],
  currencies: ['currencies', ({ currencies }) => currencies.join(', ')],
};

/** Markdown: a row for each payment provider as it is without settings of its own, a column for each capability. */
export function providerTable(): string {
  const columns = Object.values(COLUMNS);
  const rows = [
    columns.map(([title]) => title),
    columns.map(() => '---'),
    ...DECLARED.map((capabilities) => columns.map(([, cell]) => cell(capabilities))),
  ];
  return rows.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

function yesOrNo(can: boolean): string {
  return can ? 'yes' : 'no';
}

function smallestCapture({ minimumCaptureMinor, currencies: [currency] }: ProviderCapabilities): string {
  return currency === undefined ? 'none' : formatPrice(minimumCaptureMinor, currency, 'en');
}

/** The largest unit that leaves nothing over. */
function inWords(durationMs: number): string {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1000],
  ] as const;
  const unit = units.find(([, unitMs]) => durationMs % unitMs === 0);
  if (unit === undefined) return `${durationMs} ms`;
  const count = durationMs / unit[1];
  return `${count} ${unit[0]}${count === 1 ? '' : 's'}`;
}

function rewrite(): void {
  const text = readFileSync(DOCUMENT, 'utf8');
  if (!BETWEEN_MARKS.test(text)) throw new Error(`${DOCUMENT} has no place marked for the table`);
  writeFileSync(DOCUMENT, text.replace(BETWEEN_MARKS, providerTable));
}

if (argv[1] === fileURLToPath(import.meta.url)) rewrite();
