import type { PartnerId, SessionId } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import type { Currency } from '../domain/money.ts';
import type { ReleaseSource } from '../domain/payment.ts';
import type { Tariff } from '../domain/tariff.ts';
import type { Language } from '../domain/language.ts';

/** The sales record: a copy of everything it states, never rebuilt from settings. Amounts in minor units. */
export interface ReceiptData {
  merchantName: string;
  organisationNumber: string;
  serviceName: string;
  serviceReference: string | null;
  startedAt: Instant;
  endedAt: Instant;
  timeZone: string;
  language: Language;
  currency: Currency;
  tariff: Tariff;
  vatBasisPoints: number;
  netMinor: number;
  vatMinor: number;
  grossMinor: number;
  reservedMinor: number;
  capturedMinor: number;
  releasedMinor: number;
  releaseSource: ReleaseSource | null;
  shortfallMinor: number;
}

export interface Receipt {
  receiptId: string;
  partnerId: PartnerId;
  sessionId: SessionId;
  /** the money operation it documents: one receipt each */
  operationId: string;
  kind: 'sale' | 'creditNote';
  /** per partner, from 1, never twice; without gaps but for what a restored database had to skip */
  number: number;
  /** unguessable, 128 bits, for /r/{token} */
  token: string;
  issuedAt: Instant;
  data: ReceiptData;
}

export interface ReceiptStore {
  /** One statement: the row of this operation, which takes the partner's next number if it has none yet. */
  issue(
    input: Pick<Receipt, 'partnerId' | 'sessionId' | 'operationId' | 'kind' | 'issuedAt' | 'data'>,
  ): Promise<Receipt>;
  /** The partner's last number issued or skipped; 0: none. */
  lastNumber(partnerId: PartnerId): Promise<number>;
  /** The next number will be above `atLeast`. Lowers nothing, and is harmless when repeated. */
  raiseCounter(partnerId: PartnerId, atLeast: number): Promise<void>;
  findByToken(token: string): Promise<Receipt | null>;
  /** All of the session's documents, oldest first. */
  listForSession(sessionId: SessionId): Promise<Receipt[]>;
}

/** Receipt numbers as something other than our database remembers them: it may be older than they are. */
export interface IssuedNumbers {
  /**
   * The highest number issued to the partner by this installation; `above` where no higher one is known. A number is known
   * before any customer can see it. Throws when it does not answer.
   */
  highest(query: { partnerId: PartnerId; installationId: string; above: number }): Promise<number>;
}
