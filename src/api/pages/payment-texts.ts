import type { Language } from '../../domain/language.ts';

/** Every word of the payment page. Amounts and times come in formatted. */
export interface PaymentTexts {
  service: string;
  price: string;
  toBeReserved: string;
  reservation: string;
  started: string;
  ended: string;
  charged: string;
  toBeCharged: string;
  terms: string;
  privacy: string;
  receipt: string;
  checkAgain: string;
  backToPayment: string;
  asks(merchant: string): string;
  onlyWhatYouUse: string;
  linkExpires(when: string): string;
  reserve(amount: string): string;
  howToEnd(endWord: string, shortNumber: string): string;
  howToStart(startWord: string, shortNumber: string): string;
  heading: Record<
    | 'checking'
    | 'opening'
    | 'tryLater'
    | 'closed'
    | 'active'
    | 'ended'
    | 'charged'
    | 'nothingCharged'
    | 'declined'
    | 'expired'
    | 'cancelled',
    string
  >;
  text: Record<
    | 'checking'
    | 'stillChecking'
    | 'notApproved'
    | 'opening'
    | 'tryLater'
    | 'closed'
    | 'ended'
    | 'charged'
    | 'givenBack'
    | 'willBeReleased'
    | 'lapsed'
    | 'sessionOver'
    | 'declined'
    | 'expired'
    | 'cancelled',
    string
  >;
}

const NB: PaymentTexts = {
  service: 'Tjeneste',
  price: 'Pris',
  toBeReserved: 'Beløp som reserveres',
  reservation: 'Reservert beløp',
  started: 'Startet',
  ended: 'Avsluttet',
  charged: 'Trukket',
  toBeCharged: 'Beløp som trekkes',
  terms: 'Vilkår',
  privacy: 'Personvern',
  receipt: 'Se kvitteringen',
  checkAgain: 'Sjekk igjen',
  backToPayment: 'Tilbake til betalingen',
  asks: (merchant) => `${merchant} ber deg om å reservere`,
  onlyWhatYouUse: 'Du betaler bare for det du bruker, aldri mer enn beløpet som reserveres.',
  linkExpires: (when) => `Lenken gjelder til ${when}.`,
  reserve: (amount) => `Reserver ${amount}`,
  howToEnd: (endWord, shortNumber) => `Send ${endWord} til ${shortNumber} når du er ferdig.`,
  howToStart: (startWord, shortNumber) => `Send ${startWord} til ${shortNumber} for å få en ny lenke.`,
  heading: {
    checking: 'Et øyeblikk',
    opening: 'Et øyeblikk',
    tryLater: 'Det gikk ikke nå',
    closed: 'Lenken kan ikke brukes lenger',
    active: 'Du er i gang',
    ended: 'Bruken er avsluttet',
    charged: 'Betalt',
    nothingCharged: 'Ingenting er trukket',
    declined: 'Betalingen ble ikke godkjent',
    expired: 'Lenken er utløpt',
    cancelled: 'Avbrutt',
  },
  text: {
    checking: 'Vi venter på svar om betalingen. Siden oppdaterer seg selv.',
    stillChecking: 'Vi har ikke fått svar om betalingen ennå. Du får en tekstmelding når vi vet mer.',
    notApproved: 'Har du ikke godkjent betalingen ennå?',
    opening: 'Betalingen er ikke klar ennå. Vent noen sekunder og prøv igjen.',
    tryLater: 'Vi fikk ikke åpnet betalingen. Ingenting er trukket. Prøv igjen om litt.',
    closed: 'Denne lenken tar ikke imot betaling.',
    ended: 'Beløpet blir trukket nå.',
    charged: 'Takk for at du brukte tjenesten.',
    givenBack: 'Hele reservasjonen er gitt tilbake.',
    willBeReleased: 'Reservasjonen blir frigitt av banken eller lommeboken din.',
    lapsed: 'Reservasjonen har løpt ut.',
    sessionOver: 'Økten er avsluttet.',
    declined: 'Ingenting blir trukket.',
    expired: 'Ingenting blir trukket.',
    cancelled: 'Ingenting blir trukket.',
  },
};

const EN: PaymentTexts = {
  service: 'Service',
  price: 'Price',
  toBeReserved: 'Amount to be reserved',
  reservation: 'Amount reserved',
  started: 'Started',
  ended: 'Ended',
  charged: 'Charged',
  toBeCharged: 'Amount to be charged',
  terms: 'Terms',
  privacy: 'Privacy',
  receipt: 'See the receipt',
  checkAgain: 'Check again',
  backToPayment: 'Back to the payment',
  asks: (merchant) => `${merchant} asks you to reserve`,
  onlyWhatYouUse: 'You pay only for what you use, never more than the amount reserved.',
  linkExpires: (when) => `The link can be used until ${when}.`,
  reserve: (amount) => `Reserve ${amount}`,
  howToEnd: (endWord, shortNumber) => `Text ${endWord} to ${shortNumber} when you are done.`,
  howToStart: (startWord, shortNumber) => `Text ${startWord} to ${shortNumber} to get a new link.`,
  heading: {
    checking: 'One moment',
    opening: 'One moment',
    tryLater: 'That did not work',
    closed: 'This link can no longer be used',
    active: 'You have started',
    ended: 'Your use has ended',
    charged: 'Paid',
    nothingCharged: 'Nothing was charged',
    declined: 'The payment was not approved',
    expired: 'The link has expired',
    cancelled: 'Cancelled',
  },
  text: {
    checking: 'We are waiting to hear about the payment. This page updates by itself.',
    stillChecking: 'We have not heard about the payment yet. You get a text message when we know more.',
    notApproved: 'Have you not approved the payment yet?',
    opening: 'The payment is not ready yet. Wait a few seconds and try again.',
    tryLater: 'We could not open the payment. Nothing was charged. Try again in a moment.',
    closed: 'This link does not take a payment.',
    ended: 'The amount is being charged.',
    charged: 'Thank you for using the service.',
    givenBack: 'The whole reservation has been given back.',
    willBeReleased: 'The reservation is released by your bank or wallet.',
    lapsed: 'The reservation has run out.',
    sessionOver: 'The session is over.',
    declined: 'Nothing will be charged.',
    expired: 'Nothing will be charged.',
    cancelled: 'Nothing will be charged.',
  },
};

export const PAYMENT_TEXTS: Record<Language, PaymentTexts> = { nb: NB, en: EN };
