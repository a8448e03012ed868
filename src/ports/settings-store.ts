import type { SessionTerms } from '../domain/session-terms.ts';
import type { PartnerId, ServiceId } from '../domain/ids.ts';
import type { Language } from '../domain/language.ts';
import type { KeywordRoute } from '../domain/text-assignment.ts';

/** A company that rents something out. Receipt switch and text are read when a receipt is due. */
export interface Partner {
  partnerId: PartnerId;
  name: string;
  /** shown on receipts with "MVA" */
  organisationNumber: string;
  provider: string;
  timeZone: string;
  language: Language;
  receiptSmsOn: boolean;
  /** template, see domain/receipt-template.ts */
  receiptSmsText: string;
  termsUrl: string | null;
  privacyUrl: string | null;
}

/** What a service agrees with its customer, and its name. */
export interface Service extends Omit<SessionTerms, 'provider' | 'payment'> {
  name: string;
}

/** What a customer is shown of a service on a number. */
export interface ServiceOffer {
  serviceName: string;
  partner: Partner;
  /** the words that start and end it there; empty text where there is none */
  words: { startWord: string; endWord: string };
}

export interface NewPartner {
  partner: Partner;
  services: Service[];
  routes: {
    gateway: string;
    shortNumber: string;
    keyword: string;
    serviceId: ServiceId;
    action: 'start' | 'end';
  }[];
}

export type PartnerChange = Partial<Omit<Partner, 'partnerId'>>;

export interface SettingsStore {
  listPartners(): Promise<Partner[]>;
  /** null: no such partner */
  findPartner(partnerId: PartnerId): Promise<Partner | null>;
  findService(serviceId: ServiceId): Promise<Service | null>;
  /** By id; none for a partner that is not there. */
  listServices(partnerId: PartnerId): Promise<Service[]>;
  /** All words of one number, of whichever partner, in the form of `normaliseKeyword`. */
  listRoutes(number: { gateway: string; shortNumber: string }): Promise<KeywordRoute[]>;
  /** null: no such service */
  findOffer(input: {
    serviceId: ServiceId;
    gateway: string;
    shortNumber: string;
  }): Promise<ServiceOffer | null>;
  /** Inserts partner, services and routes unless the partner exists already; true when it inserted. */
  addPartner(input: NewPartner): Promise<boolean>;
  /** null: no such partner. The caller has validated the change (an unknown template parameter is its error). */
  updatePartner(partnerId: PartnerId, change: PartnerChange): Promise<Partner | null>;
}
