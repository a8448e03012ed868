/** Where a customer who opens the link is sent. Applied once per database and never changed afterwards. */
export const PAYMENT_PAGE_SCHEMA: readonly string[] = [
  `alter table charge_session
    add column payment_page_url text,
    add column payment_page_expires_at timestamptz,
    add constraint charge_session_payment_page_check
      check ((payment_page_url is null) = (payment_page_expires_at is null))`,
];
