import type { Language } from '../../domain/language.ts';

/** Amounts and times come in formatted. */
const NB = {
  sale: 'Kvittering',
  creditNote: 'Kreditnota',
  organisationNumber: (formatted: string) => `Org.nr ${formatted} MVA`,
  number: 'Nummer',
  issued: 'Utstedt',
  service: 'Tjeneste',
  from: 'Fra',
  to: 'Til',
  duration: 'Varighet',
  price: 'Pris',
  net: 'Uten mva.',
  vat: (rate: string) => `Mva. ${rate}`,
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

/** Every word of the receipt page. */
export type ReceiptTexts = typeof NB;

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
