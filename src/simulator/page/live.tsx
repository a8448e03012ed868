import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from 'hono';
import type { JSX } from 'hono/jsx/jsx-runtime';
import { streamSSE, type SSEStreamingApi } from 'hono/streaming';
import { Clock, Waiting } from './page.tsx';
import { SessionChoice } from './log-pane.tsx';
import type { LogEntry } from './page-log.ts';
import { partial } from './test-page.tsx';
import { Texts } from './phone-pane.tsx';
import { Session, Switches } from './session-pane.tsx';
import { TourPane } from './tour-pane.tsx';
import { type PageParts, type View, viewOf } from './view.ts';
import { Wallet } from './wallet-pane.tsx';

/** Changes that come together are drawn together. */
const GATHER_MS = 80;
/** An empty line keeps proxies from closing a silent connection. */
const SILENCE_MS = 15_000;

export interface LiveNews {
  changed: News;
  entry: News<LogEntry>;
}

/** The parts of the page that change by themselves; each has one root with this id. */
const parts: Readonly<Record<string, (view: View) => JSX.Element>> = {
  tour: TourPane,
  clock: Clock,
  texts: Texts,
  wallet: Wallet,
  waiting: Waiting,
  session: Session,
  faults: Switches,
  'log-session': SessionChoice,
};

/**
 * One open page: first everything, then each part that has changed, and each new line of the log. Everything comes again
 * after a new connection, so what was missed meanwhile does not matter.
 */
export function livePage(page: PageParts, news: LiveNews) {
  return (c: Context) => {
    const phone = c.req.query('phone');
    return streamSSE(c, async (stream) => {
      const viewer = new Viewer(page, phone, stream);
      const stops = [
        news.changed.listen(() => viewer.changed()),
        news.entry.listen((entry) => viewer.logged(entry)),
      ];
      stream.onAbort(() => viewer.end());
      const onClosing = (): void => viewer.end();
      page.timers.closing.addEventListener('abort', onClosing, { once: true });
      try {
        await viewer.serve();
      } finally {
        for (const stop of stops) stop();
        page.timers.closing.removeEventListener('abort', onClosing);
      }
    });
  };
}

class Viewer {
  readonly #page: PageParts;
  readonly #phone: string | undefined;
  readonly #stream: SSEStreamingApi;
  readonly #shown = new Map<string, string>();
  #entries: LogEntry[] = [];
  #isStale = true;
  #hasEnded = false;
  #wake: () => void = () => undefined;

  constructor(page: PageParts, phone: string | undefined, stream: SSEStreamingApi) {
    this.#page = page;
    this.#phone = phone;
    this.#stream = stream;
  }

  changed(): void {
    this.#isStale = true;
    this.#wake();
  }

  logged(entry: LogEntry): void {
    this.#entries.push(entry);
    this.changed();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  async serve(): Promise<void> {
    // The page fetches the log as it is now; from here on it gets each new line.
    await this.#stream.writeSSE({ event: 'connected', data: '' });
    while (!this.#hasEnded) {
      await this.#send();
      if (!this.#isStale && !this.#hasEnded && !(await this.#news())) await this.#stream.write(': here\n\n');
      if (!this.#hasEnded) await pause(GATHER_MS);
    }
  }

  async #send(): Promise<void> {
    const entries = this.#entries;
    this.#entries = [];
    if (entries.length > 0) await this.#stream.writeSSE({ event: 'entries', data: JSON.stringify(entries) });
    if (!this.#isStale) return;
    this.#isStale = false;
    const view = await viewOf(this.#page, this.#phone);
    const drawn = await Promise.all(
      Object.entries(parts).map(async ([id, Part]) => ({
        id,
        html: await partial(id, 'outerMorph', <Part {...view} />),
      })),
    );
    const changed = drawn.filter(({ id, html }) => this.#shown.get(id) !== html);
    for (const { id, html } of changed) this.#shown.set(id, html);
    if (changed.length > 0) await this.#stream.writeSSE({ data: changed.map(({ html }) => html).join('') });
  }

  /** False: no news for a while. */
  #news(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), SILENCE_MS);
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}

/** Notifies every listener; stores nothing. */
export class News<T = void> {
  readonly #listeners = new Set<(news: T) => void>();

  /** The returned function ends the listening. */
  listen(listener: (news: T) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  notify(news: T): void {
    for (const listener of this.#listeners) listener(news);
  }
}
