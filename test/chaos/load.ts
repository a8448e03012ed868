// Owns: sessions under load: so many at once, by seeded plans, until there are as many as were asked for.
import { setTimeout as sleep } from 'node:timers/promises';
import { Customer, PLANS, type PlanName, type World } from './customer.ts';
import type { FaultSource } from './faults.ts';
import { LIMITED_SERVICE, SERVICES } from './partners.ts';
import type { Random } from './random.ts';

export interface LoadOptions {
  sessions: number;
  /** customers who are busy at the same time */
  atOnce: number;
  /** begun and not ended: no more are begun above this */
  mostOpen: number;
}

const PACE_MS = 25;
/** Twelve digits in all: long enough never to appear by chance. */
const PHONE_PREFIX = '+4799';
const PHONE_DIGITS = 8;
const FIRST_PHONE = 31_415_926;
const PHONE_STEP = 2_719;

export class Load {
  readonly phones: string[] = [];
  /** how many customers have followed each plan to its end */
  readonly followed = new Map<PlanName, number>();
  readonly #world: World;
  readonly #options: LoadOptions;
  readonly #random: Random;
  readonly #faults: FaultSource;
  #busy = 0;
  #promised = 0;
  #open = 0;
  readonly #sessions = new Set<string>();
  readonly #errors: Error[] = [];
  /** Each plan once: a short run is over before chance has chosen all of them. */
  readonly #firstPlans: PlanName[];

  constructor(world: World, options: LoadOptions, random: Random, faults: FaultSource) {
    this.#world = world;
    this.#options = options;
    this.#random = random;
    this.#faults = faults;
    this.#firstPlans = random.shuffled(PLANS.map(([plan]) => plan));
  }

  /** Resolves when all sessions were begun and their customers have done what they meant to. */
  async run(): Promise<void> {
    const watching = new AbortController();
    void this.#countOpen(watching.signal);
    try {
      while (this.begun < this.#options.sessions || this.#busy > 0) {
        this.#world.stopped.throwIfAborted();
        const [error] = this.#errors;
        if (error !== undefined) throw error;
        if (this.#mayBegin()) void this.#oneCustomer();
        await sleep(PACE_MS);
      }
    } finally {
      watching.abort();
    }
  }

  /** Customers beyond the number asked for, one for each of these plans. Resolves when they have done so. */
  async more(plans: readonly PlanName[]): Promise<void> {
    await Promise.all(
      plans.map(async (plan) => {
        await this.#follow(this.#newCustomer(plan, this.#random.fork()), plan);
      }),
    );
  }

  /** A message id begins with the phone's last eight digits. */
  phoneOf(messageId: string): string {
    return `${PHONE_PREFIX}${messageId.slice(0, PHONE_DIGITS)}`;
  }

  /** sessions there are, as far as their customers have come */
  get begun(): number {
    return this.#sessions.size;
  }

  async #follow(customer: Customer, plan: PlanName): Promise<void> {
    for (const sessionId of await customer.follow(plan)) this.#sessions.add(sessionId);
    this.followed.set(plan, (this.followed.get(plan) ?? 0) + 1);
  }

  get open(): number {
    return this.#open;
  }

  #newCustomer(plan: PlanName, random: Random): Customer {
    const number = (FIRST_PHONE + this.phones.length * PHONE_STEP) % 10 ** PHONE_DIGITS;
    const msisdn = this.phoneOf(String(number).padStart(PHONE_DIGITS, '0'));
    this.phones.push(msisdn);
    const chosen = SERVICES[random.whole(0, SERVICES.length - 1)];
    const service = plan === 'neverEnds' ? LIMITED_SERVICE : chosen;
    if (!service) throw new Error('there is no service');
    return new Customer(this.#world, msisdn, service, random);
  }

  #mayBegin(): boolean {
    const { sessions, atOnce, mostOpen } = this.#options;
    return this.begun + this.#promised < sessions && this.#busy < atOnce && this.#open < mostOpen;
  }

  async #oneCustomer(): Promise<void> {
    const random = this.#random.fork();
    const plan = this.#firstPlans.pop() ?? random.weighted(PLANS);
    const customer = this.#newCustomer(plan, random);
    const promised = plan === 'comesBack' ? 2 : 1;
    this.#promised += promised;
    this.#busy += 1;
    try {
      await this.#faults.perhaps();
      await this.#follow(customer, plan);
    } catch (error) {
      this.#errors.push(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#promised -= promised;
      this.#busy -= 1;
    }
  }

  async #countOpen(stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) {
      const rows = await this.#world.watch.rows<{ open: number }>(OPEN_SQL);
      this.#open = rows?.[0]?.open ?? this.#open;
      await sleep(1_000);
    }
  }
}

/** Sessions that are not told their end yet, and texts that have not become one. */
const OPEN_SQL = `select count(*)::int as open from charge_session where state in ('awaitingApproval', 'active', 'capturing')`;
