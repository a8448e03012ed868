/** The page behind the link in the text: what is asked for before consent, and where the session stands after it. */
import type { Child } from 'hono/jsx';
import { describeTariff } from '../../domain/tariff-words.ts';
import type { Language } from '../../domain/language.ts';
import type { Partner } from '../../ports/settings-store.ts';
import type { SessionRecord } from '../../ports/session-store.ts';
import { Facts, type Fact } from '../../ui/facts.tsx';
import { Layout, type LayoutProps } from '../../ui/layout.tsx';
import { formatInstant, formatMoney } from './format.ts';
import { isHttpUrl } from './http-url.ts';
import { PAYMENT_TEXTS, type PaymentTexts } from './payment-texts.ts';
import type { PaymentView } from './payment-view.ts';

export interface PaymentPageProps {
  view: PaymentView;
  language: Language;
  session: SessionRecord;
  partner: Partner;
  serviceName: string;
  /** empty text where the number has no such word */
  words: { startWord: string; endWord: string };
  /** of the sale, once there is one */
  receiptToken: string | null;
  /** when and where the page looks again by itself; null: it does not */
  refresh: LayoutProps['refresh'] | null;
}

export function PaymentPage(props: PaymentPageProps) {
  const { view, language, partner, refresh } = props;
  const texts = PAYMENT_TEXTS[language];
  const heading = view.kind === 'pay' ? texts.asks(partner.name) : texts.heading[view.kind];
  return (
    <Layout language={language} title={heading} {...(refresh ? { refresh } : {})}>
      <h1>{heading}</h1>
      {bodyOf(props, texts)}
    </Layout>
  );
}

function bodyOf(props: PaymentPageProps, texts: PaymentTexts): Child {
  const { view, session } = props;
  const { startWord } = props.words;
  switch (view.kind) {
    case 'pay':
      return <Ask {...props} expiresAt={view.expiresAt} />;
    case 'opening':
    case 'tryLater':
      return (
        <>
          <p>{texts.text[view.kind]}</p>
          <ReserveForm {...props} />
        </>
      );
    case 'checking':
      return <Checking {...props} />;
    case 'active':
      return <Active {...props} view={view} />;
    case 'ended':
      return <Ended {...props} view={view} />;
    case 'charged':
      return <Charged {...props} chargedMinor={view.chargedMinor} />;
    case 'nothingCharged':
      return <p>{texts.text[nothingChargedText(view)]}</p>;
    case 'closed':
    case 'declined':
    case 'expired':
    case 'cancelled':
      return (
        <>
          <p>{texts.text[view.kind]}</p>
          {startWord !== '' && <p>{texts.howToStart(startWord, session.shortNumber)}</p>}
        </>
      );
  }
}

type ViewProps<K extends PaymentView['kind']> = PaymentPageProps & {
  view: Extract<PaymentView, { kind: K }>;
};

function Active(props: ViewProps<'active'>) {
  const { view, session, language, words } = props;
  const texts = PAYMENT_TEXTS[language];
  return (
    <>
      {words.endWord !== '' && <p>{texts.howToEnd(words.endWord, session.shortNumber)}</p>}
      <SessionFacts
        {...props}
        more={[
          fact(texts.started, view.startedAt, (startedAt) => localTime(props, startedAt)),
          [texts.reservation, money(props, view.reservedMinor)],
        ]}
      />
    </>
  );
}

function Ended(props: ViewProps<'ended'>) {
  const { view, language } = props;
  const texts = PAYMENT_TEXTS[language];
  return (
    <>
      <p>{texts.text.ended}</p>
      <SessionFacts
        {...props}
        more={[
          fact(texts.started, view.startedAt, (startedAt) => localTime(props, startedAt)),
          fact(texts.ended, view.endedAt, (endedAt) => localTime(props, endedAt)),
          fact(texts.toBeCharged, view.toChargeMinor, (toCharge) => money(props, toCharge)),
        ]}
      />
    </>
  );
}

function Charged(props: PaymentPageProps & { chargedMinor: number }) {
  const { chargedMinor, language, receiptToken } = props;
  const texts = PAYMENT_TEXTS[language];
  return (
    <>
      <p class="amount">{money(props, chargedMinor)}</p>
      <p>{texts.text.charged}</p>
      <SessionFacts {...props} more={[[texts.charged, money(props, chargedMinor)]]} />
      {receiptToken !== null && (
        <p>
          <a href={`/r/${receiptToken}`}>{texts.receipt}</a>
        </p>
      )}
    </>
  );
}

/** Says "given back" only where we made the call or saw it at the provider. */
function nothingChargedText(view: Extract<PaymentView, { kind: 'nothingCharged' }>) {
  if (view.why === 'lapsed') return 'lapsed';
  if (view.why === 'closed') return 'sessionOver';
  return view.releaseSource === 'call' || view.releaseSource === 'provider' ? 'givenBack' : 'willBeReleased';
}

/** Everything the customer must know before consent: who, what, the price, and the exact amount reserved. */
function Ask(props: PaymentPageProps & { expiresAt: string }) {
  const { session, partner, language } = props;
  const texts = PAYMENT_TEXTS[language];
  const { tariff, currency, reservationMinor } = session.terms;
  return (
    <>
      <p class="amount">{money(props, reservationMinor)}</p>
      <p>{texts.onlyWhatYouUse}</p>
      <SessionFacts
        {...props}
        more={[
          [texts.price, describeTariff(tariff, currency, language)],
          [texts.toBeReserved, money(props, reservationMinor)],
        ]}
      />
      <ReserveForm {...props} />
      <p class="muted">{texts.linkExpires(localTime(props, props.expiresAt))}</p>
      <p class="muted">
        <PartnerLink url={partner.termsUrl} text={texts.terms} />{' '}
        <PartnerLink url={partner.privacyUrl} text={texts.privacy} />
      </p>
    </>
  );
}

function ReserveForm(props: PaymentPageProps) {
  const { session, language } = props;
  return (
    <form method="post" action={`/p/${session.linkToken}`}>
      <button type="submit">
        {PAYMENT_TEXTS[language].reserve(money(props, session.terms.reservationMinor))}
      </button>
    </form>
  );
}

function Checking({ session, language, refresh }: PaymentPageProps) {
  const texts = PAYMENT_TEXTS[language];
  return (
    <>
      <p>{refresh ? texts.text.checking : texts.text.stillChecking}</p>
      <p>
        <a href={`/p/${session.linkToken}/done`}>{texts.checkAgain}</a>
      </p>
      <p class="muted">
        {texts.text.notApproved} <a href={`/p/${session.linkToken}`}>{texts.backToPayment}</a>
      </p>
    </>
  );
}

function SessionFacts({
  language,
  partner,
  serviceName,
  session,
  more,
}: PaymentPageProps & { more: (Fact | null)[] }) {
  const reference = session.serviceReference === null ? '' : ` (${session.serviceReference})`;
  const service: Fact = [PAYMENT_TEXTS[language].service, `${partner.name}, ${serviceName}${reference}`];
  return <Facts facts={[service, ...more]} />;
}

/** A partner's own address; one that is no web address is left out rather than trusted. */
function PartnerLink({ url, text }: { url: string | null; text: string }) {
  if (url === null || !isHttpUrl(url)) return null;
  return (
    <a href={url} rel="noreferrer">
      {text}
    </a>
  );
}

function fact<T>(term: string, value: T | null, show: (value: T) => string): Fact | null {
  return value === null ? null : [term, show(value)];
}

function money({ session, language }: PaymentPageProps, amountMinor: number): string {
  return formatMoney(amountMinor, session.terms.currency, language);
}

function localTime({ partner, language }: PaymentPageProps, instant: string): string {
  return formatInstant(instant, partner.timeZone, language);
}
