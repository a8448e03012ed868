/** A session as sms2pay itself shows it. Amounts in minor units of `currency`. */
export interface SessionShown {
  sessionId: string;
  /** digits */
  phone: string;
  serviceName: string;
  state: string;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  currency: string;
  reservedMinor: number;
  /** price of the use up to now, or up to its end; null before any use */
  soFarMinor: number | null;
  capturedMinor: number;
  releasedMinor: number;
  /** why it needs attention */
  attention: string | null;
  /** ids that only calls about this session carry */
  knownAs: readonly string[];
  /** its page in the Temporal UI; null where the UI is not known */
  workflowUrl: string | null;
}

/** What somebody can rent by text. */
export interface ServiceShown {
  serviceId: string;
  name: string;
  partnerName: string;
  shortNumber: string;
  startWord: string;
  endWord: string;
  /** `nb` or `en`: what the partner's customers read first */
  language: 'nb' | 'en';
  /** the price in words, by language */
  price: { nb: string; en: string };
  /** the amount in words, by language */
  reservation: { nb: string; en: string };
}

/** What the page shows of sms2pay beside the calls it sees; `src/main` fills it in. */
export interface Sms2pay {
  /** newest first; `now`: up to which instant use is priced */
  sessions(now: string): Promise<readonly SessionShown[]>;
  services(): Promise<readonly ServiceShown[]>;
  /** When the session ends by itself, or its payment link expires; null: it waits for neither. */
  limitOf(sessionId: string): Promise<string | null>;
}
