/** While the use runs: the time, the amount, and the way to end it. */
import { dialledNumber } from '../../domain/msisdn.ts';
import { describeTariff } from '../../domain/tariff-words.ts';
import { Button, ButtonLink, Facts, Notice, Pill, StatusIcon } from '../../ui/elements.tsx';
import { formatStopwatch } from './format.ts';
import type { LiveUse } from './payment-view.ts';
import { localTime, money, type PaymentPageProps, ServiceLine } from './payment-page-props.tsx';
import { PAGE_TEXTS } from './page-texts.ts';

type LiveProps = PaymentPageProps & { use: LiveUse | null };

export function InUse(props: LiveProps) {
  const { use, session, language, words } = props;
  const texts = PAGE_TEXTS[language];
  const { tariff, currency } = session.terms;
  return (
    <>
      <div class="live-head">
        <Pill tone="live">{texts.inUse}</Pill>
        <h1 class="sr-only">{texts.heading.active}</h1>
        <ServiceLine {...props} withMerchant />
      </div>
      {use !== null && <Meter {...props} use={use} />}
      <div class="ui-stack">
        <ButtonLink href={`/p/${session.linkToken}/stop`} kind="danger" big>
          {texts.stop}
        </ButtonLink>
        {words.endWord !== '' && (
          <p class="small muted center">
            {texts.howToEnd(words.endWord, dialledNumber(session.shortNumber))}
          </p>
        )}
      </div>
      <Facts
        facts={[
          session.startedAt === null ? null : [texts.started, localTime(props, session.startedAt)],
          [texts.price, describeTariff(tariff, currency, language)],
          [texts.reserved, money(props, session.reservedMinor)],
        ]}
      />
    </>
  );
}

function Meter(props: PaymentPageProps & { use: LiveUse }) {
  const { use, session, language } = props;
  const texts = PAGE_TEXTS[language];
  return (
    <div class="meter">
      <p class="meter-time">
        <span class="meter-label">{texts.timeSoFar}</span>
        <span role="timer" data-elapsed-ms={use.usedMs} class="meter-value">
          {formatStopwatch(use.usedMs)}
        </span>
      </p>
      <p class="meter-amount" aria-live="polite">
        <span class="meter-label">{texts.amountSoFar}</span>
        <span class="meter-value">{money(props, use.amountMinor)}</span>
      </p>
      <div class="meter-reserved">
        <progress max={session.reservedMinor} value={use.amountMinor} aria-label={texts.amountSoFar} />
        <p class="small muted">{texts.ofReserved(money(props, session.reservedMinor))}</p>
        {use.next !== null && (
          <p class="small">
            {texts.goesOn(money(props, use.next.amountMinor), localTime(props, use.next.after))}
          </p>
        )}
      </div>
      {use.amountMinor >= session.reservedMinor && <Notice tone="warn">{texts.usedUp}</Notice>}
    </div>
  );
}

/** The same without JavaScript: Stop leads here, and only the form here stops. */
export function ConfirmStop(props: LiveProps) {
  const { use, session, language } = props;
  const texts = PAGE_TEXTS[language];
  return (
    <>
      <StatusIcon shape="stop" tone="neutral" />
      <h1>{texts.heading.confirmStop}</h1>
      <p>{texts.text.confirmStop}</p>
      {use !== null && (
        <Facts
          facts={[
            [texts.timeSoFar, formatStopwatch(use.usedMs)],
            [texts.amountSoFar, money(props, use.amountMinor), 'strong'],
            [texts.reserved, money(props, session.reservedMinor)],
          ]}
        />
      )}
      <form method="post" action={`/p/${session.linkToken}/stop`}>
        <Button kind="danger" big>
          {texts.stopNow}
        </Button>
      </form>
      <ButtonLink href={`/p/${session.linkToken}`} kind="quiet" big>
        {texts.keepGoing}
      </ButtonLink>
    </>
  );
}
