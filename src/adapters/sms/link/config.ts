/** The slice of configuration of one LINK Common account; validated by src/config. */
export interface LinkConfig {
  /** assigned per customer, e.g. `https://n-eu.linkmobility.io`; a path in it is kept */
  baseUrl: string;
  username: string;
  password: string;
  platformId: string;
  platformPartnerId: string;
  /** gate that delivery reports come through; null: LINK is told to send none */
  deliveryGateId: string | null;
  /** Basic credentials LINK's gate presents to our webhooks */
  webhookUsername: string;
  webhookPassword: string;
  /** for one send call, connecting and reading the answer included */
  timeoutMs: number;
}
