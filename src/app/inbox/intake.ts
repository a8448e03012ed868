/**
 * Accepts what gateways deliver: deliveries that come at the same time share a transaction, and what cannot be stored in
 * time is refused before its gateway gives up. Nothing is acknowledged that is not committed.
 */
import type { AcceptedText, InboundText } from '../../ports/inbox-store.ts';
import type { MoMessage } from '../../ports/sms-gateway.ts';
import { StoreUnavailable } from '../../ports/stores.ts';
import { acceptTexts, type AcceptDeps } from './accept.ts';

/** Transactions at the same time: while one commits, the next is assigned. */
const AT_ONCE = 2;
/** Texts of one transaction: more would hold the locks of their customers for longer. */
const MAX_TEXTS = 50;
/** Deliveries that wait or are under way. What comes on top is refused at once, before its body is read. */
const MAX_UNDER_WAY = 200;
/** Then it is refused; gateways give up after 2 s, and a busy process needs some time around this. */
const ANSWER_WITHIN_MS = 1000;

interface Delivery {
  texts: readonly InboundText[];
  sinceMs: number;
  done: (accepted: AcceptedText[] | 'overloaded') => void;
  failed: (error: unknown) => void;
}

export class Intake {
  readonly #deps: AcceptDeps;
  readonly #waiting: Delivery[] = [];
  #batches = 0;
  #underWay = 0;

  constructor(deps: AcceptDeps) {
    this.#deps = deps;
  }

  get isFull(): boolean {
    return this.#underWay >= MAX_UNDER_WAY;
  }

  /** `overloaded`: refused, nothing of it is stored. Throws when the database fails. */
  async accept(gateway: string, messages: readonly MoMessage[]): Promise<AcceptedText[] | 'overloaded'> {
    if (this.isFull) return 'overloaded';
    const receivedAt = this.#deps.clock.now();
    const texts = messages.map((message) => ({ gateway, message, receivedAt }));
    this.#underWay += 1;
    try {
      return await new Promise((done, failed) => {
        this.#waiting.push({ texts, sinceMs: performance.now(), done, failed });
        this.#begin();
      });
    } finally {
      this.#underWay -= 1;
    }
  }

  #begin(): void {
    while (this.#batches < AT_ONCE && this.#waiting.length > 0) {
      this.#batches += 1;
      void this.#acceptBatch(this.#nextBatch()).finally(() => {
        this.#batches -= 1;
        this.#begin();
      });
    }
  }

  #nextBatch(): Delivery[] {
    const batch: Delivery[] = [];
    let texts = 0;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (batch.length > 0 && texts + next.texts.length > MAX_TEXTS) break;
      this.#waiting.shift();
      if (performance.now() - next.sinceMs > ANSWER_WITHIN_MS) next.done('overloaded');
      else {
        batch.push(next);
        texts += next.texts.length;
      }
    }
    return batch;
  }

  async #acceptBatch(batch: readonly Delivery[]): Promise<void> {
    const texts = batch.flatMap((delivery) => delivery.texts);
    try {
      const accepted = await acceptTexts(this.#deps, texts);
      let from = 0;
      for (const delivery of batch) delivery.done(accepted.slice(from, (from += delivery.texts.length)));
    } catch (error) {
      // A customer who is locked, or a text that cannot be stored, must not hold back the others.
      if (error instanceof StoreUnavailable || texts.length === 1)
        for (const delivery of batch) delivery.failed(error);
      else await Promise.all(batch.map((delivery) => this.#acceptOneByOne(delivery)));
    }
  }

  async #acceptOneByOne({ texts, done, failed }: Delivery): Promise<void> {
    try {
      const accepted: AcceptedText[] = [];
      for (const text of texts) accepted.push(...(await acceptTexts(this.#deps, [text])));
      done(accepted);
    } catch (error) {
      failed(error);
    }
  }
}
