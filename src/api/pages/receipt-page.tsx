/** The sales document: shows the stored record as it is and computes nothing. Prints on one sheet. */
import { type Instant, msBetween } from '../../domain/instant.ts';
import { describeTariff } from '../../domain/tariff-words.ts';
import type { Receipt } from '../../ports/receipt-store.ts';
import type { Language } from '../../domain/language.ts';
import { type Fact, Facts, Pill } from '../../ui/elements.tsx';
import { CustomerLayout } from './customer-layout.tsx';
import {
  formatBasisPoints,
  formatDuration,
  formatInstant,
  formatMoney,
  formatOrganisationNumber,
} from './format.ts';
import { PAGE_TEXTS } from './page-texts.ts';
import { ServiceName } from './payment-page-props.tsx';
import { isReleaseProven } from '../../domain/payment.ts';

interface ReceiptPageProps {
  receipt: Receipt;
  /** the session's other documents, oldest first */
  others: readonly Receipt[];
  language: Language;
}

export function ReceiptPage({ receipt, others, language }: ReceiptPageProps) {
  const texts = PAGE_TEXTS[language];
  const { data, kind } = receipt;
  const title = `${texts[kind]} ${receipt.number}`;
  const organisationNumber = formatOrganisationNumber(data.organisationNumber);
  return (
    <CustomerLayout language={language} title={`${title}, ${data.merchantName}`} path={`/r/${receipt.token}`}>
      <article class="receipt">
        <header class="receipt-head">
          <p class="receipt-merchant">
            <bdi>{data.merchantName}</bdi>
          </p>
          <p class="muted small">{texts.organisationNumber(organisationNumber)}</p>
          <h1>{title}</h1>
          <p class="ui-amount">{formatMoney(data.grossMinor, data.currency, language)}</p>
          <Pill tone={kind === 'sale' ? 'good' : 'neutral'}>
            {kind === 'sale' ? texts.charged : texts.credited}
          </Pill>
        </header>
        <Facts facts={useFacts(receipt, language)} />
        <AmountFacts receipt={receipt} language={language} />
        {kind === 'sale' && data.releasedMinor > 0 && !isReleaseProven(data.releaseSource) && (
          <p class="small muted">{texts.restIsReleased}</p>
        )}
        <OtherDocuments receipt={receipt} others={others} language={language} />
      </article>
    </CustomerLayout>
  );
}

function useFacts({ number, issuedAt, data }: Receipt, language: Language): Fact[] {
  const texts = PAGE_TEXTS[language];
  const at = (instant: Instant): string => formatInstant(instant, data.timeZone, language);
  return [
    [texts.number, String(number)],
    [texts.issued, at(issuedAt)],
    [texts.service, <ServiceName name={data.serviceName} reference={data.serviceReference} />],
    [texts.from, at(data.startedAt)],
    [texts.to, at(data.endedAt)],
    [texts.duration, formatDuration(msBetween(data.startedAt, data.endedAt), language)],
    [texts.price, describeTariff(data.tariff, data.currency, language)],
  ];
}

/** The VAT, then the payment. What the reservation did not cover is not shown: it is not a debt. */
function AmountFacts({ receipt: { kind, data }, language }: Omit<ReceiptPageProps, 'others'>) {
  const texts = PAGE_TEXTS[language];
  const money = (amountMinor: number): string => formatMoney(amountMinor, data.currency, language);
  const rest = isReleaseProven(data.releaseSource) ? texts.givenBack : texts.notCharged;
  const vat: Fact[] = [
    [texts.net, money(data.netMinor)],
    [texts.vat(formatBasisPoints(data.vatBasisPoints, language)), money(data.vatMinor)],
    [texts.gross, money(data.grossMinor), 'strong'],
  ];
  const sale: (Fact | null)[] = [
    [texts.reserved, money(data.reservedMinor)],
    [texts.charged, money(data.capturedMinor), 'strong'],
    data.releasedMinor > 0 ? [rest, money(data.releasedMinor)] : null,
  ];
  return (
    <>
      <Facts facts={vat} />
      <Facts facts={kind === 'sale' ? sale : [[texts.credited, money(data.grossMinor), 'strong']]} />
    </>
  );
}

function OtherDocuments({ receipt, others, language }: ReceiptPageProps) {
  if (others.length === 0) return null;
  const texts = PAGE_TEXTS[language];
  return (
    <section class="receipt-others">
      <h2>{receipt.kind === 'sale' ? texts.creditNotes : texts.original}</h2>
      <ul>
        {others.map((other) => (
          <li>
            <a href={`/r/${other.token}`}>
              {texts[other.kind]} {other.number}
            </a>
            , {formatInstant(other.issuedAt, other.data.timeZone, language)},{' '}
            {formatMoney(other.data.grossMinor, other.data.currency, language)}
          </li>
        ))}
      </ul>
    </section>
  );
}
