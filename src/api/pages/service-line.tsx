import type { PaymentPageProps } from './payment-page-props.ts';

/** What is used and of whom. Names of partners and customers' references may be in any script and direction. */
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
      <bdi>{serviceName}</bdi>
      {session.serviceReference !== null && (
        <>
          {' '}
          (<bdi>{session.serviceReference}</bdi>)
        </>
      )}
    </p>
  );
}
