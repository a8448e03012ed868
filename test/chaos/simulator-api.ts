// Owns: what the runner asks of the simulator: texts, wallet decisions, faults.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { askUntilAnswered } from './patience.ts';
import { SHORT_NUMBER } from './partners.ts';

const faultsSchema = z.object({
  items: z.array(z.object({ operation: z.string(), kind: z.string(), times: z.number(), fired: z.number() })),
});
const textsSchema = z.object({ items: z.array(z.object({ direction: z.string(), text: z.string() })) });

export interface FaultOrder {
  operation: string;
  kind: string;
  ms?: number;
  times?: number;
}

export class SimulatorApi {
  readonly #url: string;
  readonly #stopped: AbortSignal;
  readonly #fired = new Map<string, number>();

  constructor(url: string, stopped: AbortSignal) {
    this.#url = `${url}/api`;
    this.#stopped = stopped;
  }

  /** The phone sends a text. Asked again with the same message id when nobody answered: the gateway knows it then. */
  async sendText(text: { from: string; text: string; messageId: string; sentAt?: string }): Promise<void> {
    const json = { ...text, to: SHORT_NUMBER };
    const { status, body } = await askUntilAnswered(
      `${this.#url}/sms`,
      { method: 'POST', json },
      this.#stopped,
    );
    if (status !== 201) throw new Error(`the simulator does not take a text: ${status} ${body}`);
  }

  async addFault(fault: FaultOrder): Promise<void> {
    const { status, body } = await askUntilAnswered(
      `${this.#url}/faults`,
      { method: 'POST', json: fault },
      this.#stopped,
    );
    if (status !== 201) throw new Error(`the simulator does not take a fault: ${status} ${body}`);
  }

  /** Counts what has fired and takes the switches away: a long list is looked through at every call. */
  async clearFaults(): Promise<void> {
    for (const { operation, kind, fired } of await this.#faults()) {
      const name = `${operation} ${kind}`;
      if (fired > 0) this.#fired.set(name, (this.#fired.get(name) ?? 0) + fired);
    }
    await fetch(`${this.#url}/faults`, { method: 'DELETE' }).catch(() => null);
  }

  /** How often each has fired, by `operation kind`, as of the last clearing. */
  get fired(): ReadonlyMap<string, number> {
    return this.#fired;
  }

  /** One look, without patience: null when it does not answer. */
  async capturedNow(providerReference: string): Promise<number | null> {
    const response = await fetch(`${this.#url}/payments/${providerReference}`).catch(() => null);
    if (!response?.ok) return null;
    return z.object({ capturedMinor: z.number() }).parse(await response.json()).capturedMinor;
  }

  /** One look, without patience, for a text at this phone that holds `words`. */
  async hasText(msisdn: string, words: string): Promise<boolean> {
    const response = await fetch(`${this.#url}/sms?msisdn=${encodeURIComponent(msisdn)}`).catch(() => null);
    if (!response?.ok) return false;
    const { items } = textsSchema.parse(await response.json());
    return items.some(({ direction, text }) => direction === 'out' && text.includes(words));
  }

  async #faults() {
    return faultsSchema.parse(await this.#get('/faults')).items;
  }

  async #get(path: string): Promise<unknown> {
    for (;;) {
      const { status, body } = await askUntilAnswered(
        `${this.#url}${path}`,
        { method: 'GET' },
        this.#stopped,
      );
      if (status === 200) return JSON.parse(body);
      await sleep(200);
    }
  }
}
