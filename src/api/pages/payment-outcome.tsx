/** How it ended: charged or being charged, and everything that ended before it began. */
import { dialledNumber } from '../../domain/msisdn.ts';
import type { Child } from 'hono/jsx';
import { msBetween } from '../../domain/instant.ts';
import { ButtonLink, type Fact, Facts, StatusIcon } from '../../ui/elements.tsx';
import { formatDuration } from './format.ts';
import { localTime, money, type PaymentPageProps, ServiceLine } from './payment-page-props.tsx';
import { PAYMENT_TEXTS, type PaymentTexts } from './payment-texts.ts';
import type { PaymentView } from './payment-view.ts';
import { isReleaseProven } from '../../domain/payment.ts';

type ViewProps<K extends PaymentView['kind']> = PaymentPageProps & {
  view: Extract<PaymentView, { kind: K }>;
};

/** Shows that the amount is being charged only where a workflow does it. */
export function Ended(props: ViewProps<'ended' | 'workflowMissing'>) {
  const { view, language } = props;
  const texts = PAYMENT_TEXTS[language];
  const toChargeMinor = view.kind === 'ended' ? view.toChargeMinor : null;
  const kind = toChargeMinor === 0 ? 'endedFree' : view.kind;
  return (
    <>
      <StatusIcon shape="clock" tone="good" />
      <div>
        <h1>{texts.heading[kind]}</h1>
        <ServiceLine {...props} withMerchant />
      </div>
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
  const texts = PAYMENT_TEXTS[language];
  const restMinor = session.reservedMinor - chargedMinor;
  const rest = isReleaseProven(session.releaseSource) ? texts.givenBack : texts.notCharged;
  return (
    <>
      <StatusIcon shape="check" tone="good" />
      <div>
        <h1>{texts.heading.charged}</h1>
        <p class="ui-amount">{money(props, chargedMinor)}</p>
        <ServiceLine {...props} withMerchant />
      </div>
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

/** Shows "given back" only where we made the call or saw it at the provider. */
export function NothingCharged(props: ViewProps<'nothingCharged'>) {
  const { view, session, language } = props;
  const texts = PAYMENT_TEXTS[language];
  return (
    <>
      <StatusIcon shape="check" tone="good" />
      <div>
        <h1>{texts.heading.nothingCharged}</h1>
        <ServiceLine {...props} withMerchant />
      </div>
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

function useFacts(props: PaymentPageProps, texts: PaymentTexts, endedAt: string | null): (Fact | null)[] {
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
  const { kind, shape, startAgain = false, session, language, children } = props;
  const texts = PAYMENT_TEXTS[language];
  const { startWord } = props.words;
  return (
    <>
      <StatusIcon shape={shape} tone={kind === 'tryLater' || kind === 'declined' ? 'bad' : 'neutral'} />
      <div>
        <h1>{texts.heading[kind]}</h1>
        <ServiceLine {...props} withMerchant />
      </div>
      <p>{texts.text[kind]}</p>
      {startAgain && startWord !== '' && (
        <p>{texts.howToStart(startWord, dialledNumber(session.shortNumber))}</p>
      )}
      {children}
    </>
  );
}
