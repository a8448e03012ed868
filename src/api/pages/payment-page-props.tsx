import type { Instant } from '../../domain/instant.ts';
import type { Language } from '../../domain/language.ts';
import type { Partner } from '../../ports/settings-store.ts';
import type { SessionRecord } from '../../ports/session-store.ts';
import type { LayoutProps } from '../../ui/layout.tsx';
import { formatMoney, formatWhen } from './format.ts';
import type { PaymentView } from './payment-view.ts';

export interface PaymentPageProps {
  view: PaymentView;
  language: Language;
  /** when the page is shown */
  now: Instant;
  session: SessionRecord;
  partner: Partner;
  serviceName: string;
  /** empty text where the number has no such word */
  words: { startWord: string; endWord: string };
  /** of the sale, once there is one */
  receiptToken: string | null;
  /** where the page polls by itself, and how soon where no script does it; null: it does not */
  refresh: NonNullable<LayoutProps['refresh']> | null;
  /** of this page, to show it in another language */
  path: string;
}

type Shown = Pick<PaymentPageProps, 'session' | 'partner' | 'language' | 'now'>;

export function money({ session, language }: Shown, amountMinor: number): string {
  return formatMoney(amountMinor, session.terms.currency, language);
}

export function localTime({ partner, language, now }: Shown, instant: Instant): string {
  return formatWhen(instant, now, partner.timeZone, language);
}

/** What is used and of whom. */
export function ServiceLine({
  serviceName,
  session,
  partner,
  withMerchant = false,
}: Pick<PaymentPageProps, 'serviceName' | 'session' | 'partner'> & { withMerchant?: boolean }) {
  return (
    <p class="muted">
      {withMerchant && (
        <>
          <bdi>{partner.name}</bdi>,{' '}
        </>
      )}
      <ServiceName name={serviceName} reference={session.serviceReference} />
    </p>
  );
}

/** Names of partners and customers' references may be in any script and direction. */
export function ServiceName({ name, reference }: { name: string; reference: string | null }) {
  if (reference === null) return <bdi>{name}</bdi>;
  return (
    <>
      <bdi>{name}</bdi> (<bdi>{reference}</bdi>)
    </>
  );
}
