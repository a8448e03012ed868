import type { Language } from '../../domain/language.ts';

/** What the page says in a heading, and below it. */
type Said =
  | 'checking'
  | 'opening'
  | 'tryLater'
  | 'closed'
  | 'active'
  | 'confirmStop'
  | 'ended'
  | 'endedFree'
  | 'stranded'
  | 'charged'
  | 'nothingCharged'
  | 'declined'
  | 'expired'
  | 'cancelled';

/** Every word of the payment page and of the session's page. Amounts and times come in formatted. */
export interface PaymentTexts {
  service: string;
  price: string;
  reserved: string;
  started: string;
  ended: string;
  duration: string;
  charged: string;
  toBeCharged: string;
  givenBack: string;
  notCharged: string;
  restIsReleased: string;
  terms: string;
  privacy: string;
  receipt: string;
  checkAgain: string;
  backToPayment: string;
  inUse: string;
  timeSoFar: string;
  amountSoFar: string;
  ofReserved(amount: string): string;
  goesOn(amount: string, time: string): string;
  usedUp: string;
  stop: string;
  stopNow: string;
  keepGoing: string;
  /** after the merchant's name */
  asksYou: string;
  onlyWhatYouUse(amount: string): string;
  linkExpires(when: string): string;
  reserve(amount: string): string;
  steps(endWord: string, shortNumber: string): string[];
  howItWorks: string;
  howToEnd(endWord: string, shortNumber: string): string;
  howToStart(startWord: string, shortNumber: string): string;
  heading: Record<Said, string>;
  text: Record<
    | Exclude<Said, 'active' | 'nothingCharged'>
    | 'stillChecking'
    | 'notApproved'
    | 'givenBack'
    | 'willBeReleased'
    | 'lapsed'
    | 'sessionOver',
    string
  >;
}

const NB: PaymentTexts = {
  service: 'Tjeneste',
  price: 'Pris',
  reserved: 'Reservert',
  started: 'Startet',
  ended: 'Avsluttet',
  duration: 'Varighet',
  charged: 'Trukket',
  toBeCharged: 'Beløp som trekkes',
  givenBack: 'Gitt tilbake',
  notCharged: 'Ikke trukket',
  restIsReleased: 'Beløpet som ikke er trukket, blir frigitt av banken eller lommeboken din.',
  terms: 'Vilkår',
  privacy: 'Personvern',
  receipt: 'Se kvitteringen',
  checkAgain: 'Sjekk igjen',
  backToPayment: 'Tilbake til betalingen',
  inUse: 'I bruk',
  timeSoFar: 'Tid til nå',
  amountSoFar: 'Beløp til nå',
  ofReserved: (amount) => `Av ${amount} reservert`,
  goesOn: (amount, time) => `${amount} hvis du fortsetter etter ${time}.`,
  usedUp: 'Reservasjonen er brukt opp. Du betaler ikke mer enn dette.',
  stop: 'Stopp og betal',
  stopNow: 'Ja, stopp nå',
  keepGoing: 'Nei, fortsett',
  asksYou: 'ber deg om å reservere',
  onlyWhatYouUse: (amount) =>
    `${amount} reserveres nå. Du betaler bare for det du bruker, og aldri mer enn dette.`,
  linkExpires: (when) => `Lenken gjelder til ${when}.`,
  reserve: (amount) => `Reserver ${amount}`,
  howItWorks: 'Slik går det til',
  steps: (endWord, shortNumber) => [
    'Du godkjenner reservasjonen i lommeboken din.',
    'Tiden starter når den er godkjent.',
    endWord === ''
      ? 'Stopp på denne siden når du er ferdig.'
      : `Stopp på denne siden, eller send ${endWord} til ${shortNumber}, når du er ferdig.`,
  ],
  howToEnd: (endWord, shortNumber) => `Du kan også sende ${endWord} til ${shortNumber}.`,
  howToStart: (startWord, shortNumber) => `Send ${startWord} til ${shortNumber} for å få en ny lenke.`,
  heading: {
    checking: 'Et øyeblikk',
    opening: 'Et øyeblikk',
    tryLater: 'Det gikk ikke nå',
    closed: 'Lenken kan ikke brukes lenger',
    active: 'Du er i gang',
    confirmStop: 'Vil du stoppe nå?',
    ended: 'Bruken er avsluttet',
    endedFree: 'Bruken er avsluttet',
    stranded: 'Bruken er avsluttet',
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
    confirmStop: 'Bruken avsluttes i det du trykker, og du betaler for tiden du har brukt.',
    ended: 'Beløpet blir trukket nå. Du trenger ikke gjøre noe.',
    endedFree: 'Du betaler ingenting for denne bruken. Du trenger ikke gjøre noe.',
    stranded: 'Du betaler ikke for tiden etter det. Beløpet er ikke klart ennå. Du trenger ikke gjøre noe.',
    charged: 'Takk for at du brukte tjenesten.',
    givenBack: 'Hele reservasjonen er gitt tilbake.',
    willBeReleased: 'Reservasjonen blir frigitt av banken eller lommeboken din.',
    lapsed: 'Reservasjonen har løpt ut.',
    sessionOver: 'Økten er avsluttet.',
    declined: 'Ingenting er startet, og ingenting blir trukket.',
    expired: 'Ingenting er startet, og ingenting blir trukket.',
    cancelled: 'Ingenting blir trukket.',
  },
};

const EN: PaymentTexts = {
  service: 'Service',
  price: 'Price',
  reserved: 'Reserved',
  started: 'Started',
  ended: 'Ended',
  duration: 'Duration',
  charged: 'Charged',
  toBeCharged: 'Amount to be charged',
  givenBack: 'Given back',
  notCharged: 'Not charged',
  restIsReleased: 'What was not charged is released by your bank or wallet.',
  terms: 'Terms',
  privacy: 'Privacy',
  receipt: 'See the receipt',
  checkAgain: 'Check again',
  backToPayment: 'Back to the payment',
  inUse: 'In use',
  timeSoFar: 'Time so far',
  amountSoFar: 'Amount so far',
  ofReserved: (amount) => `Of ${amount} reserved`,
  goesOn: (amount, time) => `${amount} if you go on after ${time}.`,
  usedUp: 'The reservation is used up. You pay no more than this.',
  stop: 'Stop and pay',
  stopNow: 'Yes, stop now',
  keepGoing: 'No, keep going',
  asksYou: 'asks you to reserve',
  onlyWhatYouUse: (amount) =>
    `${amount} is reserved now. You pay only for what you use, and never more than this.`,
  linkExpires: (when) => `The link can be used until ${when}.`,
  reserve: (amount) => `Reserve ${amount}`,
  howItWorks: 'How it works',
  steps: (endWord, shortNumber) => [
    'You approve the reservation in your wallet.',
    'The time starts when it is approved.',
    endWord === ''
      ? 'Stop on this page when you are done.'
      : `Stop on this page, or text ${endWord} to ${shortNumber}, when you are done.`,
  ],
  howToEnd: (endWord, shortNumber) => `You can also text ${endWord} to ${shortNumber}.`,
  howToStart: (startWord, shortNumber) => `Text ${startWord} to ${shortNumber} to get a new link.`,
  heading: {
    checking: 'One moment',
    opening: 'One moment',
    tryLater: 'That did not work',
    closed: 'This link can no longer be used',
    active: 'You have started',
    confirmStop: 'Stop now?',
    ended: 'Your use has ended',
    endedFree: 'Your use has ended',
    stranded: 'Your use has ended',
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
    confirmStop: 'Your use ends the moment you press, and you pay for the time you have used.',
    ended: 'The amount is being charged. You need not do anything.',
    endedFree: 'This use costs you nothing. You need not do anything.',
    stranded:
      'You do not pay for the time after that. The amount is not ready yet. You need not do anything.',
    charged: 'Thank you for using the service.',
    givenBack: 'The whole reservation has been given back.',
    willBeReleased: 'The reservation is released by your bank or wallet.',
    lapsed: 'The reservation has run out.',
    sessionOver: 'The session is over.',
    declined: 'Nothing has started, and nothing will be charged.',
    expired: 'Nothing has started, and nothing will be charged.',
    cancelled: 'Nothing will be charged.',
  },
};

export const PAYMENT_TEXTS: Record<Language, PaymentTexts> = { nb: NB, en: EN };
