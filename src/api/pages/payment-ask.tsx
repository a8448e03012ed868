/** Before consent: everything the customer must know, and one button. */
import { dialledNumber } from '../../domain/msisdn.ts';
import { explainTariff } from '../../domain/tariff-words.ts';
import { Button, ButtonLink, StatusIcon } from '../../ui/elements.tsx';
import { isHttpUrl } from '../../domain/http-url.ts';
import { localTime, money, type PaymentPageProps, ServiceLine } from './payment-page-props.tsx';
import { PAGE_TEXTS } from './page-texts.ts';

/** Who, what, the price with all its rules, and the exact amount that is reserved. */
export function Ask(props: PaymentPageProps & { expiresAt: string }) {
  const { session, partner, language, words } = props;
  const texts = PAGE_TEXTS[language];
  const { tariff, currency, reservationMinor } = session.terms;
  const [price, ...rules] = explainTariff(tariff, currency, language);
  return (
    <>
      <div>
        <h1 class="ask-who">
          <bdi>{partner.name}</bdi> {texts.asksYou}
        </h1>
        <p class="ui-amount">{money(props, reservationMinor)}</p>
        <ServiceLine {...props} />
      </div>
      <section class="price" aria-label={texts.price}>
        <p class="price-line">{price}</p>
        {rules.length > 0 && (
          <ul class="price-rules">
            {rules.map((rule) => (
              <li>{rule}</li>
            ))}
          </ul>
        )}
        <p>{texts.onlyWhatYouUse(money(props, reservationMinor))}</p>
      </section>
      <ReserveForm {...props} />
      <section class="steps">
        <h2>{texts.howItWorks}</h2>
        <ol>
          {texts.steps(words.endWord, dialledNumber(session.shortNumber)).map((step) => (
            <li>{step}</li>
          ))}
        </ol>
      </section>
      <p class="small muted">{texts.linkExpires(localTime(props, props.expiresAt))}</p>
      <p class="ui-row small">
        <PartnerLink url={partner.termsUrl} text={texts.terms} />
        <PartnerLink url={partner.privacyUrl} text={texts.privacy} />
      </p>
    </>
  );
}

export function ReserveForm(props: PaymentPageProps) {
  const { session, language } = props;
  return (
    <form method="post" action={`/p/${session.linkToken}`}>
      <Button big>{PAGE_TEXTS[language].reserve(money(props, session.terms.reservationMinor))}</Button>
    </form>
  );
}

/** After the wallet, until we know. */
export function Checking({ session, language, refresh }: PaymentPageProps) {
  const texts = PAGE_TEXTS[language];
  return (
    <>
      <StatusIcon shape="clock" />
      <h1>{texts.heading.checking}</h1>
      <p>{refresh ? texts.text.checking : texts.text.stillChecking}</p>
      <ButtonLink href={`/p/${session.linkToken}/done`} kind="quiet" big>
        {texts.checkAgain}
      </ButtonLink>
      <p class="small muted">
        {texts.text.notApproved} <a href={`/p/${session.linkToken}`}>{texts.backToPayment}</a>
      </p>
    </>
  );
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
