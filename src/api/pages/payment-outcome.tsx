/** How it ended: charged or being charged, and everything that ended before it began. */
import { dialledNumber } from '../../domain/msisdn.ts';
import type { Child } from 'hono/jsx';
import { msBetween } from '../../domain/instant.ts';
import { ButtonLink, type Fact, Facts, StatusIcon } from '../../ui/elements.tsx';
import { formatDuration } from './format.ts';
import { localTime, money, type PaymentPageProps, ServiceLine } from './payment-page-props.tsx';
import { PAGE_TEXTS, type PageTexts } from './page-texts.ts';
import type { PaymentView } from './payment-view.ts';
import { isReleaseProven } from '../../domain/payment.ts';

interface HeadProps extends PaymentPageProps {
  shape: 'check' | 'clock' | 'cross';
  tone: 'good' | 'bad' | 'neutral';
  heading: string;
  children?: Child;
}

function Head({ shape, tone, heading, children, ...props }: HeadProps) {
  return (
    <>
      <StatusIcon shape={shape} tone={tone} />
      <div>
        <h1>{heading}</h1>
        {children}
        <ServiceLine {...props} withMerchant />
      </div>
    </>
  );
}

type ViewProps<K extends PaymentView['kind']> = PaymentPageProps & {
  view: Extract<PaymentView, { kind: K }>;
};

/** Shows that the amount is being charged only where a workflow does it. */
export function Ended(props: ViewProps<'ended' | 'workflowMissing'>) {
  const { view, language } = props;
  const texts = PAGE_TEXTS[language];
  const toChargeMinor = view.kind === 'ended' ? view.toChargeMinor : null;
  const kind = toChargeMinor === 0 ? 'endedFree' : view.kind;
  return (
    <>
      <Head {...props} shape="clock" tone="good" heading={texts.heading[kind]} />
      <p aria-live="polite">{texts.text[kind]}</p>
      <Facts
        facts={[
          ...useFacts(props, texts, view.endedAt),
          toChargeMinor === null ? null : [texts.toBeCharged, money(props, toChargeMinor), 'strong'],
        ]}
      />
    </>
  );
}

export function Charged(props: PaymentPageProps & { chargedMinor: number }) {
  const { chargedMinor, session, language, receiptToken } = props;
  const texts = PAGE_TEXTS[language];
  const restMinor = session.reservedMinor - chargedMinor;
  const rest = isReleaseProven(session.releaseSource) ? texts.givenBack : texts.notCharged;
  return (
    <>
      <Head {...props} shape="check" tone="good" heading={texts.heading.charged}>
        <p class="ui-amount">{money(props, chargedMinor)}</p>
      </Head>
      <p>{texts.text.charged}</p>
      {receiptToken !== null && (
        <ButtonLink href={`/r/${receiptToken}`} big>
          {texts.receipt}
        </ButtonLink>
      )}
      <Facts
        facts={[
          ...useFacts(props, texts, session.endedAt),
          [texts.reserved, money(props, session.reservedMinor)],
          [texts.charged, money(props, chargedMinor), 'strong'],
          restMinor > 0 ? [rest, money(props, restMinor)] : null,
        ]}
      />
      {restMinor > 0 && !isReleaseProven(session.releaseSource) && (
        <p class="small muted">{texts.restIsReleased}</p>
      )}
    </>
  );
}

/** Shows "given back" only where we made the call or read it at the provider. */
export function NothingCharged(props: ViewProps<'nothingCharged'>) {
  const { view, session, language } = props;
  const texts = PAGE_TEXTS[language];
  return (
    <>
      <Head {...props} shape="check" tone="good" heading={texts.heading.nothingCharged} />
      <p>{texts.text[nothingChargedText(view)]}</p>
      {session.startedAt !== null && <Facts facts={useFacts(props, texts, session.endedAt)} />}
    </>
  );
}

function nothingChargedText({ why, releaseSource }: ViewProps<'nothingCharged'>['view']) {
  if (why === 'lapsed') return 'lapsed';
  if (why === 'closed') return 'sessionOver';
  return isReleaseProven(releaseSource) ? 'givenBack' : 'willBeReleased';
}

function useFacts(props: PaymentPageProps, texts: PageTexts, endedAt: string | null): (Fact | null)[] {
  const { startedAt } = props.session;
  if (startedAt === null) return [];
  return [
    [texts.started, localTime(props, startedAt)],
    ...(endedAt === null
      ? []
      : [
          [texts.ended, localTime(props, endedAt)] satisfies Fact,
          [texts.duration, formatDuration(msBetween(startedAt, endedAt), props.language)] satisfies Fact,
        ]),
  ];
}

interface OverProps extends PaymentPageProps {
  kind: 'opening' | 'tryLater' | 'closed' | 'declined' | 'expired' | 'cancelled';
  shape: 'clock' | 'cross';
  /** with how to get a new payment link */
  startAgain?: boolean;
  children?: Child;
}

/** One message, and what to do about it. */
export function Over(props: OverProps) {
  const { kind, startAgain = false, children, ...page } = props;
  const { session, language } = page;
  const isBad = kind === 'tryLater' || kind === 'declined';
  const texts = PAGE_TEXTS[language];
  const { startWord } = props.words;
  return (
    <>
      <Head {...page} tone={isBad ? 'bad' : 'neutral'} heading={texts.heading[kind]} />
      <p>{texts.text[kind]}</p>
      {startAgain && startWord !== '' && (
        <p>{texts.howToStart(startWord, dialledNumber(session.shortNumber))}</p>
      )}
      {children}
    </>
  );
}
