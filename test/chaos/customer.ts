// Owns: what one customer does, by a plan. The plan makes load; what must have come of it is worked out by the auditor
// from what the simulator has seen, not from here.
import { setTimeout as sleep } from 'node:timers/promises';
import { GENERAL_END_WORDS, SERVICES, type Service } from './partners.ts';
import { askUntilAnswered } from './patience.ts';
import type { Random } from './random.ts';
import type { SimulatorApi } from './simulator-api.ts';
import type { Seen, Watch } from './watch.ts';

export type PlanName =
  | 'normal'
  | 'doubledTexts'
  | 'endsBeforeApproval'
  | 'neverApproves'
  | 'declines'
  | 'asksOften'
  | 'comesBack'
  | 'usesNothing'
  | 'usesTooMuch'
  | 'neverEnds'
  | 'stampedAhead'
  | 'stampedByTwo'
  | 'foreignWords'
  | 'viewsPages';

export const PLANS: readonly (readonly [PlanName, number])[] = [
  ['normal', 40],
  ['doubledTexts', 12],
  ['endsBeforeApproval', 8],
  ['neverApproves', 6],
  ['declines', 6],
  ['asksOften', 7],
  ['comesBack', 6],
  ['usesNothing', 5],
  ['usesTooMuch', 7],
  ['neverEnds', 3],
  ['stampedAhead', 4],
  ['stampedByTwo', 4],
  ['foreignWords', 5],
  ['viewsPages', 6],
];

/** How far the clocks of two nodes of the gateway are off: above and below what its texts are late by. */
const AHEAD_MS = 90_000;
const BEHIND_MS = -75_000;
const VIEWS = 20;

export interface World {
  watch: Watch;
  simulator: SimulatorApi;
  apiUrl: string;
  stopped: AbortSignal;
  /** of the sessions' pages, by people who do not press anything */
  pageViews: number;
}

interface HowToText {
  doubled?: boolean;
  /** the gateway's clock is so far off; default: right */
  offMs?: number | undefined;
}

interface HowToUse {
  useMs?: number | null;
  doubled?: boolean;
  asks?: boolean;
  waitForEnd?: boolean;
  chargeOffMs?: number;
  endOffMs?: number;
  /** texts the end word of another service, and ends with a general one */
  foreign?: boolean;
  /** views all pages before the approval, in the use and after it */
  views?: boolean;
}

export class Customer {
  readonly msisdn: string;
  readonly service: Service;
  readonly #world: World;
  readonly #random: Random;
  readonly #sessions = new Set<string>();
  #texts = 0;

  constructor(world: World, msisdn: string, service: Service, random: Random) {
    this.#world = world;
    this.msisdn = msisdn;
    this.service = service;
    this.#random = random;
  }

  /** Resolves with the sessions it has begun, when nothing more is up to the customer. */
  async follow(plan: PlanName): Promise<ReadonlySet<string>> {
    await this.#follow(plan);
    return this.#sessions;
  }

  async #follow(plan: PlanName): Promise<void> {
    switch (plan) {
      case 'comesBack':
        await this.#use({ waitForEnd: true });
        return this.#use();
      case 'usesNothing':
        return this.#use({ useMs: this.#random.whole(0, 600) });
      case 'usesTooMuch':
        return this.#use({ useMs: this.#random.whole(6_300, 9_000) });
      case 'neverEnds':
        return this.#use({ useMs: null });
      case 'doubledTexts':
        return this.#use({ doubled: true });
      case 'asksOften':
        return this.#use({ asks: true });
      case 'stampedAhead':
        return this.#use({ chargeOffMs: AHEAD_MS, endOffMs: AHEAD_MS });
      case 'stampedByTwo':
        return this.#use({ chargeOffMs: AHEAD_MS, endOffMs: BEHIND_MS });
      case 'foreignWords':
        return this.#use({ foreign: true });
      case 'viewsPages':
        return this.#use({ views: true });
      case 'normal':
        return this.#use();
      case 'endsBeforeApproval':
        return this.#endBeforeApproval();
      case 'neverApproves':
        return this.#neverApprove();
      case 'declines':
        return this.#decline();
    }
  }

  #shortUse(): number {
    return this.#random.whole(1_200, 5_500);
  }

  async #use(how: HowToUse = {}): Promise<void> {
    const { useMs = this.#shortUse(), doubled = false, asks = false, waitForEnd = false } = how;
    const begun = await this.#charge({ doubled, offMs: how.chargeOffMs });
    if (begun === null) return;
    const { messageId, seen } = begun;
    if (asks) await this.#text('HELP');
    if (how.views) await this.#view(seen);
    const isApproved = await this.#decide(seen, 'approve');
    if (!isApproved || useMs === null) return;
    if (how.views) await this.#view(seen);
    await sleep(useMs);
    if (asks) await this.#text('STATUS');
    if (how.foreign) await this.#text(this.#foreignEndWord());
    const endWord = how.foreign ? this.#random.shuffled(GENERAL_END_WORDS)[0] : this.service.endWord;
    await this.#text(endWord ?? this.service.endWord, { doubled, offMs: how.endOffMs });
    if (how.views) await this.#view(seen);
    if (waitForEnd) await this.#world.watch.until(messageId, ({ slotHeld }) => !slotHeld);
  }

  /** Of a service that this customer does not use. */
  #foreignEndWord(): string {
    return SERVICES.find(({ endWord }) => endWord !== this.service.endWord)?.endWord ?? '';
  }

  /** The page, the return page and the question about Stop, again and again: nothing may come of it. */
  async #view({ linkToken }: Seen): Promise<void> {
    const { apiUrl, stopped } = this.#world;
    for (let n = 0; n < VIEWS; n += 1)
      for (const page of ['', '/done', '/stop']) {
        await askUntilAnswered(`${apiUrl}/p/${linkToken}${page}`, { method: 'GET' }, stopped);
        this.#world.pageViews += 1;
      }
  }

  async #endBeforeApproval(): Promise<void> {
    const begun = await this.#charge();
    if (begun === null) return;
    await this.#text(this.service.endWord);
    // A link is a link: some open and approve it all the same, before or after the cancellation has come through.
    if (this.#random.chance(0.5)) await this.#decide(begun.seen, 'approve');
  }

  async #neverApprove(): Promise<void> {
    const begun = await this.#charge();
    if (begun === null) return;
    if (this.#random.chance(0.5)) await this.#open(begun.seen);
  }

  async #decline(): Promise<void> {
    const begun = await this.#charge();
    if (begun === null) return;
    await this.#decide(begun.seen, 'reject');
  }

  /** Null: no session came of it. */
  async #charge(how: HowToText = {}): Promise<{ messageId: string; seen: Seen } | null> {
    const messageId = await this.#text(this.service.startWord, how);
    const { watch } = this.#world;
    const seen = await watch.until(
      messageId,
      ({ replyKind, linkToken, linkOut, state }) =>
        replyKind !== null || (linkToken !== null && (linkOut || state !== 'awaitingApproval')),
    );
    if (seen.sessionId !== null) this.#sessions.add(seen.sessionId);
    return seen.linkToken === null ? null : { messageId, seen };
  }

  async #text(text: string, { doubled = false, offMs = 0 }: HowToText = {}): Promise<string> {
    this.#texts += 1;
    const messageId = `${this.msisdn.slice(-8)}-${this.#texts}-${text}`;
    const sentAt = offMs === 0 ? {} : { sentAt: new Date(Date.now() + offMs).toISOString() };
    const message = { from: this.msisdn, text, messageId, ...sentAt };
    const sends = [this.#world.simulator.sendText(message)];
    if (doubled) {
      await sleep(this.#random.whole(0, 400));
      sends.push(this.#world.simulator.sendText(message));
    }
    await Promise.all(sends);
    return messageId;
  }

  /** Presses the button behind the link; the wallet's address, or null when there is nothing to pay any more. */
  async #open({ linkToken }: Seen): Promise<string | null> {
    const { apiUrl, stopped } = this.#world;
    for (;;) {
      const { location, status } = await askUntilAnswered(
        `${apiUrl}/p/${linkToken}`,
        { method: 'POST', form: {} },
        stopped,
      );
      if (location !== null) return location.startsWith(apiUrl) ? null : location;
      if (status === 404 || status === 410) return null;
      const page = await askUntilAnswered(`${apiUrl}/p/${linkToken}`, { method: 'GET' }, stopped);
      if (!page.body.includes('<form')) return null;
      await sleep(700);
    }
  }

  /** False: there was nothing to decide on any more. */
  async #decide(seen: Seen, decision: 'approve' | 'reject'): Promise<boolean> {
    const { stopped } = this.#world;
    const wallet = await this.#open(seen);
    if (wallet === null) return false;
    const { status, location } = await askUntilAnswered(
      wallet,
      { method: 'POST', form: { decision } },
      stopped,
    );
    // Some close the browser before it is back.
    if (location !== null && this.#random.chance(0.5))
      await askUntilAnswered(location, { method: 'GET' }, stopped);
    // 409: decided already, when the simulator was killed before it could say so.
    return status < 400 || status === 409;
  }
}
