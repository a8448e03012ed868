import type { Language } from '../../domain/language.ts';

/** Every word of the receipt page. Amounts and times come in formatted. */
export interface ReceiptTexts {
  sale: string;
  creditNote: string;
  organisationNumber(formatted: string): string;
  number: string;
  issued: string;
  service: string;
  from: string;
  to: string;
  duration: string;
  price: string;
  net: string;
  vat(rate: string): string;
  gross: string;
  reserved: string;
  charged: string;
  credited: string;
  givenBack: string;
  notCharged: string;
  willBeReleased: string;
  creditNotes: string;
  original: string;
}

const NB: ReceiptTexts = {
  sale: 'Kvittering',
  creditNote: 'Kreditnota',
  organisationNumber: (formatted) => `Org.nr ${formatted} MVA`,
  number: 'Nummer',
  issued: 'Utstedt',
  service: 'Tjeneste',
  from: 'Fra',
  to: 'Til',
  duration: 'Varighet',
  price: 'Pris',
  net: 'Uten mva.',
  vat: (rate) => `Mva. ${rate}`,
  gross: 'Sum med mva.',
  reserved: 'Reservert',
  charged: 'Trukket',
  credited: 'Kreditert',
  givenBack: 'Gitt tilbake',
  notCharged: 'Ikke trukket',
  willBeReleased: 'Beløpet som ikke er trukket, blir frigitt av banken eller lommeboken din.',
  creditNotes: 'Kreditnotaer',
  original: 'Opprinnelig kvittering',
};

const EN: ReceiptTexts = {
  sale: 'Receipt',
  creditNote: 'Credit note',
  organisationNumber: (formatted) => `Org. no. ${formatted} MVA`,
  number: 'Number',
  issued: 'Issued',
  service: 'Service',
  from: 'From',
  to: 'To',
  duration: 'Duration',
  price: 'Price',
  net: 'Excluding VAT',
  vat: (rate) => `VAT ${rate}`,
  gross: 'Total including VAT',
  reserved: 'Reserved',
  charged: 'Charged',
  credited: 'Credited',
  givenBack: 'Given back',
  notCharged: 'Not charged',
  willBeReleased: 'What was not charged is released by your bank or wallet.',
  creditNotes: 'Credit notes',
  original: 'Original receipt',
};

export const RECEIPT_TEXTS: Record<Language, ReceiptTexts> = { nb: NB, en: EN };
