import type { Exchange, Exchanges, TemporalCall } from '../exchanges.ts';

/** One line of the log: an HTTP exchange, or a call between sms2pay and Temporal. */
export interface LogEntry {
  /** names it, also after a restart */
  key: string;
  at: string;
  from: string;
  to: string;
  what: string;
  /** `200`, `ok`, `no answer` */
  status: string;
  ms: number;
  /** it did not go well */
  trouble: boolean;
  /** a fault that fired */
  note: string | null;
}

export type Logged = { kind: 'http'; exchange: Exchange } | { kind: 'temporal'; call: TemporalCall };

export interface LoggedEntry {
  entry: LogEntry;
  logged: Logged;
}

/** What belongs to one session: calls that carry one of its ids, and texts of its phone while it ran. */
export interface SessionTrace {
  knownAs: readonly string[];
  /** digits */
  phone: string;
  since: string;
  /** null: it goes on */
  until: string | null;
}

interface Parts {
  exchanges: Exchanges;
  temporalCalls: Exchanges<TemporalCall>;
  /** path below which the stand-ins live; left out of what is shown */
  mountPath: () => string;
}

const NO_LIMIT = Number.MAX_SAFE_INTEGER;
/** A text of the customer and the clock of its session may be this far apart. */
const SLACK_MS = 60_000;

/** Both records as one list, oldest first. */
export class PageLog {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  all(): LoggedEntry[] {
    const { exchanges, temporalCalls } = this.#parts;
    const http = exchanges.list(null, NO_LIMIT).map((exchange) => this.#http(exchange));
    const calls = temporalCalls.list(null, NO_LIMIT).map((call) => this.#temporal(call));
    return [...http, ...calls].toSorted(
      ({ entry: a }, { entry: b }) => Number(a.at > b.at) - Number(a.at < b.at),
    );
  }

  find(key: string): LoggedEntry | null {
    const id = key.slice(1);
    const exchange = key.startsWith('h') ? this.#parts.exchanges.find(id) : null;
    if (exchange !== null) return this.#http(exchange);
    const call = key.startsWith('t') ? this.#parts.temporalCalls.find(id) : null;
    return call === null ? null : this.#temporal(call);
  }

  /** Oldest first. */
  ofSession(trace: SessionTrace): LoggedEntry[] {
    const earliest = new Date(Date.parse(trace.since) - SLACK_MS).toISOString();
    return this.all().filter(({ entry, logged }) => entry.at >= earliest && belongs(logged, trace));
  }

  #http(exchange: Exchange): LoggedEntry {
    return { entry: this.ofExchange(exchange), logged: { kind: 'http', exchange } };
  }

  #temporal(call: TemporalCall): LoggedEntry {
    return { entry: this.ofCall(call), logged: { kind: 'temporal', call } };
  }

  ofExchange(exchange: Exchange): LogEntry {
    const { id, at, from, to, method, status, durationMs, note } = exchange;
    return {
      key: `h${id}`,
      at,
      from,
      to,
      what: `${method} ${this.#shownPath(exchange)}`,
      status: status === null ? 'no answer' : String(status),
      ms: durationMs,
      trouble: status === null || status >= 400,
      note,
    };
  }

  ofCall({ id, at, from, kind, name, outcome, durationMs }: TemporalCall): LogEntry {
    return {
      key: `t${id}`,
      at,
      from,
      to: from === 'temporal' ? 'sms2pay' : 'temporal',
      what: `${kind} ${name}`,
      status: outcome,
      ms: durationMs,
      trouble: outcome === 'failed',
      note: null,
    };
  }

  /** The path as the vendor knows it: without our mount point and the stand-in's name. Its query is for the detail. */
  #shownPath({ url, to }: Exchange): string {
    const { pathname, searchParams } = new URL(url);
    const own = `${this.#parts.mountPath()}/${to === 'gateway' ? 'link' : to}`;
    const path = pathname.startsWith(`${own}/`) ? pathname.slice(own.length) : pathname;
    const amount = searchParams.get('amount');
    return amount === null ? path : `${path}?amount=${amount}`;
  }
}

/** Of a call that is not too early. */
function belongs(logged: Logged, { knownAs, phone, until }: SessionTrace): boolean {
  if (logged.kind === 'temporal') {
    const { workflowId, input } = logged.call;
    return knownAs.some((id) => workflowId?.includes(id) || input.includes(id));
  }
  const { from, url, requestBody, responseBody, at } = logged.exchange;
  if (knownAs.some((id) => url.includes(id) || requestBody.includes(id) || responseBody.includes(id)))
    return true;
  const atMs = Date.parse(at);
  return (
    from === 'gateway' &&
    requestBody.includes(`"source":"+${phone}"`) &&
    (until === null || atMs <= Date.parse(until) + SLACK_MS)
  );
}
