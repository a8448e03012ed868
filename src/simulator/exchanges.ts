import type { Journal } from './journal.ts';

export type Party = 'gateway' | 'sms2pay' | 'paycore' | 'vipps' | 'browser';

export interface Exchange {
  id: string;
  /** simulator clock */
  at: string;
  from: Party;
  to: Party;
  method: string;
  url: string;
  requestHeaders: Record<string, string>;
  requestBody: string;
  /** null: no answer arrived, or none yet */
  status: number | null;
  responseBody: string;
  durationMs: number;
  /** a fault that fired, or why there was no answer */
  note: string | null;
}

export const MAX_EXCHANGES = 10_000;
/** Of all kept ones together; a character takes one byte, or two. An exchange of a session has about 2,000. */
const MAX_CHARACTERS = 24_000_000;

/** A record of exchanges, the newest 10,000 and 24 MB, oldest first. An exchange recorded again replaces itself. */
export class Exchanges<T extends { id: string } = Exchange> {
  readonly #byId = new Map<string, T>();
  readonly #journal: Journal | null;
  readonly #kept: number;
  readonly #onRecord: (exchange: T) => void;
  #characters = 0;
  #lines = 0;
  #nextId = 1;
  #closed = false;

  constructor(
    journal: Journal | null,
    kept = MAX_EXCHANGES,
    onRecord: (exchange: T) => void = () => undefined,
  ) {
    this.#journal = journal;
    this.#kept = kept;
    this.#onRecord = onRecord;
    for (const line of journal?.read() ?? []) this.#keep(line as T);
    for (const id of this.#byId.keys()) this.#nextId = Math.max(this.#nextId, Number(id) + 1);
    this.#compact();
  }

  newId(): string {
    return String(this.#nextId++);
  }

  record(exchange: T): void {
    if (this.#closed) return;
    this.#journal?.append(exchange);
    this.#lines += 1;
    this.#keep(exchange);
    if (this.#lines > this.#kept * 2) this.#compact();
    this.#onRecord(exchange);
  }

  find(id: string): T | null {
    return this.#byId.get(id) ?? null;
  }

  /** With `since`: the first `limit` after that id. Without: the newest `limit`. Oldest first either way. */
  list(since: string | null, limit: number): T[] {
    const all = [...this.#byId.values()];
    if (since === null) return all.slice(-limit);
    return all.filter((exchange) => Number(exchange.id) > Number(since)).slice(0, limit);
  }

  close(): void {
    this.#closed = true;
  }

  #keep(exchange: T): void {
    this.#characters += charactersOf(exchange) - charactersOf(this.#byId.get(exchange.id));
    this.#byId.set(exchange.id, exchange);
    for (const [id, oldest] of this.#byId) {
      const fits = this.#byId.size <= this.#kept && this.#characters <= MAX_CHARACTERS;
      if (fits || id === exchange.id) return;
      this.#byId.delete(id);
      this.#characters -= charactersOf(oldest);
    }
  }

  #compact(): void {
    this.#journal?.rewrite([...this.#byId.values()]);
    this.#lines = this.#byId.size;
  }
}

/** Of its texts and headers; numbers are small. */
function charactersOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((sum, part) => sum + charactersOf(part), 0);
}

const MAX_SHOWN_BODY = 64 * 1024;

export function shownBody(body: string): string {
  return body.length <= MAX_SHOWN_BODY ? body : `${body.slice(0, MAX_SHOWN_BODY)}… (cut)`;
}

const SECRET_HEADERS = new Set(['cookie', 'client_secret', 'ocp-apim-subscription-key']);

/** Headers as shown: credentials are named but not shown. A browser on this origin may carry the portal's cookie too. */
export function shownHeaders(headers: Headers): Record<string, string> {
  const shown: Record<string, string> = {};
  headers.forEach((value, name) => {
    if (name === 'authorization') shown[name] = `${value.split(' ')[0] ?? ''} ***`;
    else if (SECRET_HEADERS.has(name)) shown[name] = '***';
    else shown[name] = value;
  });
  return shown;
}

/**
 * A call between sms2pay and Temporal, as sms2pay reports it: it is no HTTP and passes no stand-in. Ids, amounts and
 * instants only; texts and phone numbers never go to Temporal.
 */
export interface TemporalCall {
  id: string;
  /** simulator clock, at its begin */
  at: string;
  /** `sms2pay`: a start, signal, update or query. `temporal`: an activity that Temporal hands to a worker */
  from: 'sms2pay' | 'temporal';
  /** `start`, `signal`, `update`, `query`, `activity`, `local activity`, `fast-forward` */
  kind: string;
  /** of the workflow type, message or activity; with the number of the try, if it is not the first */
  name: string;
  /** null: about no single workflow */
  workflowId: string | null;
  /** JSON */
  input: string;
  outcome: 'ok' | 'failed';
  /** JSON of the result, or the message of the failure */
  output: string;
  durationMs: number;
}
