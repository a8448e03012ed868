/** The sales document: shows the stored record as it is and computes nothing. Prints on one sheet. */
import { msBetween } from '../../domain/instant.ts';
import { describeTariff } from '../../domain/tariff-words.ts';
import type { Receipt, ReceiptData } from '../../ports/receipt-store.ts';
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
import { RECEIPT_TEXTS, type ReceiptTexts } from './receipt-texts.ts';
import { isReleaseProven } from '../../domain/payment.ts';

interface ReceiptPageProps {
  receipt: Receipt;
  /** the session's other documents, oldest first */
  others: readonly Receipt[];
  language: Language;
}

export function ReceiptPage({ receipt, others, language }: ReceiptPageProps) {
  const texts = RECEIPT_TEXTS[language];
  const { data, kind } = receipt;
  const title = `${texts[kind]} ${receipt.number}`;
  return (
    <CustomerLayout language={language} title={`${title}, ${data.merchantName}`} path={`/r/${receipt.token}`}>
      <article class="receipt">
        <header class="receipt-head">
          <p class="receipt-merchant">
            <bdi>{data.merchantName}</bdi>
          </p>
          <p class="muted small">
            {texts.organisationNumber(formatOrganisationNumber(data.organisationNumber))}
          </p>
          <h1>{title}</h1>
          <p class="ui-amount">{formatMoney(data.grossMinor, data.currency, language)}</p>
          <Pill tone={kind === 'sale' ? 'good' : 'neutral'}>
            {kind === 'sale' ? texts.charged : texts.credited}
          </Pill>
        </header>
        <Facts facts={[...documentFacts(receipt, language, texts), ...useFacts(data, language, texts)]} />
        <Facts facts={vatFacts(data, language, texts)} />
        <Facts
          facts={kind === 'sale' ? paymentFacts(data, language, texts) : creditFacts(data, language, texts)}
        />
        {kind === 'sale' && data.releasedMinor > 0 && !isReleaseProven(data.releaseSource) && (
          <p class="small muted">{texts.willBeReleased}</p>
        )}
        <OtherDocuments receipt={receipt} others={others} language={language} />
      </article>
    </CustomerLayout>
  );
}

function documentFacts(receipt: Receipt, language: Language, texts: ReceiptTexts): Fact[] {
  return [
    [texts.number, String(receipt.number)],
    [texts.issued, formatInstant(receipt.issuedAt, receipt.data.timeZone, language)],
  ];
}

function useFacts(data: ReceiptData, language: Language, texts: ReceiptTexts): Fact[] {
  const service = (
    <>
      <bdi>{data.serviceName}</bdi>
      {data.serviceReference !== null && (
        <>
          {' '}
          (<bdi>{data.serviceReference}</bdi>)
        </>
      )}
    </>
  );
  return [
    [texts.service, service],
    [texts.from, formatInstant(data.startedAt, data.timeZone, language)],
    [texts.to, formatInstant(data.endedAt, data.timeZone, language)],
    [texts.duration, formatDuration(msBetween(data.startedAt, data.endedAt), language)],
    [texts.price, describeTariff(data.tariff, data.currency, language)],
  ];
}

function vatFacts(data: ReceiptData, language: Language, texts: ReceiptTexts): Fact[] {
  const money = (amountMinor: number) => formatMoney(amountMinor, data.currency, language);
  return [
    [texts.net, money(data.netMinor)],
    [texts.vat(formatBasisPoints(data.vatBasisPoints, language)), money(data.vatMinor)],
    [texts.gross, money(data.grossMinor), 'strong'],
  ];
}

/** What the reservation did not cover is not shown: it is not a debt. */
function paymentFacts(data: ReceiptData, language: Language, texts: ReceiptTexts): (Fact | null)[] {
  const money = (amountMinor: number) => formatMoney(amountMinor, data.currency, language);
  const rest = isReleaseProven(data.releaseSource) ? texts.givenBack : texts.notCharged;
  return [
    [texts.reserved, money(data.reservedMinor)],
    [texts.charged, money(data.capturedMinor), 'strong'],
    data.releasedMinor > 0 ? [rest, money(data.releasedMinor)] : null,
  ];
}

function creditFacts(data: ReceiptData, language: Language, texts: ReceiptTexts): Fact[] {
  return [[texts.credited, formatMoney(data.grossMinor, data.currency, language), 'strong']];
}

function OtherDocuments({ receipt, others, language }: ReceiptPageProps) {
  if (others.length === 0) return null;
  const texts = RECEIPT_TEXTS[language];
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
