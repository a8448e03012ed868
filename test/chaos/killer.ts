// Owns: who is killed when: at random moments, and at the named points; at least so often each.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Installation } from './installation.ts';
import {
  actedNotRead,
  capturedNotRecorded,
  POINTS,
  sentNotMarked,
  storedNotDispatched,
  type Caught,
  type PointName,
  type Trap,
} from './named-points.ts';
import type { Random } from './random.ts';
import type { SimulatorApi } from './simulator-api.ts';
import type { Victim, VictimName } from './victim.ts';
import type { Watch } from './watch.ts';

export interface Kill {
  at: string;
  victim: VictimName;
  /** named points that were hit, proven after the kill */
  points: PointName[];
  /** money calls that were under way: operation ids */
  openCalls: string[];
  /** null: not up again yet */
  upAfterMs: number | null;
}

const VICTIMS: readonly VictimName[] = ['simulator', 'postgres', 'worker', 'temporal', 'api'];
const LEAST_KILLS = 2;
const KILLED_AT_ONCE = 2;
const TRAP_LIMIT_MS = 10_000;
const PATIENT_TRAP_LIMIT_MS = 40_000;
const HELD_MS = 2_000;
const LONGEST_DOWN_MS = 1_200;
const BOTH_DOWN = 0.25;
const MINUTE_MS = 60_000;
/** A call is given up by then; what still says `started` was cut off by an earlier kill. */
const OPEN_CALLS = `select operation_id as "operationId", tries from money_operation
  where state = 'started' and last_tried_at > now() - interval '8 seconds'`;

/** What is due next: a process, or a point (several at once share the kill of their process). */
type Target = VictimName | readonly PointName[];

interface KillerDeps {
  installation: Installation;
  watch: Watch;
  simulator: SimulatorApi;
  random: Random;
  killsPerMinute: number;
  /** at random and at points; what is missing then is made up */
  mostKills: number;
  /** the phone that sent a message */
  phoneOf: (messageId: string) => string;
}

export class Killer {
  readonly kills: Kill[] = [];
  readonly #deps: KillerDeps;
  readonly #counted = new Set<string>();
  #deck: Target[] = [];
  #starts: Promise<void>[] = [];

  constructor(deps: KillerDeps) {
    this.#deps = deps;
    // What takes longest to recover from comes first, so that a short run can still be short.
    this.#deck = [
      ['storedNotDispatched'],
      'simulator',
      ['actedNotRead', 'capturedNotRecorded'],
      ['sentNotMarked'],
      'postgres',
      'temporal',
      'api',
      'simulator',
      'postgres',
      'temporal',
    ];
  }

  /** Kills until `isOver`. */
  async run(isOver: () => boolean): Promise<void> {
    const { killsPerMinute, random } = this.#deps;
    if (killsPerMinute === 0) return;
    while (!isOver() && this.kills.length < this.#deps.mostKills) {
      await sleep((MINUTE_MS / killsPerMinute) * (0.5 + random.next()));
      // On a slow machine a start takes long. Mostly the next kill waits for it, sometimes two are down at once.
      if (!random.chance(BOTH_DOWN)) await this.settled();
      if (!isOver()) await this.#next();
    }
  }

  /** What has not been done as often as it must be. */
  missing(): Target[] {
    const hit = new Set(this.kills.flatMap(({ points }) => points));
    const killed = (name: VictimName): number => this.kills.filter(({ victim }) => victim === name).length;
    const points = (Object.keys(POINTS) as PointName[]).filter((point) => !hit.has(point));
    return [...points.map((point) => [point]), ...VICTIMS.filter((name) => killed(name) < LEAST_KILLS)];
  }

  /**
   * Does what is missing, whatever the pace: a point, patiently, since it is worth a kill only when it hits; then what was killed
   * too seldom, two processes at once.
   */
  async makeUp(): Promise<void> {
    await this.settled();
    const missing = this.missing();
    const points = missing.filter((target) => typeof target !== 'string');
    const targets = points.length > 0 ? points.slice(0, 1) : missing.slice(0, KILLED_AT_ONCE);
    await Promise.all(targets.map((target) => this.#strike(target, PATIENT_TRAP_LIMIT_MS)));
  }

  /** Resolves when everything that was killed is up again. */
  async settled(): Promise<void> {
    await Promise.all(this.#starts);
    this.#starts = [];
  }

  async #next(): Promise<void> {
    if (this.#deck.length === 0) {
      const { random } = this.#deps;
      const points = (Object.keys(POINTS) as PointName[]).map((point): Target => [point]);
      this.#deck = random.shuffled([...VICTIMS, ...VICTIMS, ...points]);
    }
    const target = this.#deck.shift();
    if (target !== undefined) await this.#strike(target);
  }

  /** At a point only when it hits: a kill in vain costs every session that waits a minute. */
  async #strike(target: Target, limitMs = TRAP_LIMIT_MS): Promise<void> {
    if (typeof target === 'string') return this.#kill(target, []);
    const traps = target.map((point) => this.#trap(point));
    const victim = traps[0]?.victim ?? 'worker';
    if (!this.#victim(victim).isUp) return;
    const deadline = { ms: Date.now() + limitMs };
    const caught = await Promise.all(
      traps.map(async (trap) => {
        const one = await trap.catch(deadline);
        if (one === null) return [];
        // The others may join in, as long as this one stands where it stands.
        deadline.ms = Math.min(deadline.ms, Date.now() + HELD_MS);
        return [{ point: trap.point, caught: one }];
      }),
    );
    const sprung = caught.flat();
    if (sprung.length > 0) await this.#kill(victim, sprung);
    // What a trap has set for the next calls is not for those after it.
    await this.#deps.simulator.clearFaults();
  }

  #trap(point: PointName): Trap {
    const { installation, watch, simulator, random, phoneOf } = this.#deps;
    const deps = { watch, simulator, temporal: installation.victim('temporal') };
    switch (point) {
      case 'storedNotDispatched':
        return storedNotDispatched(deps, () => random.chance(0.5));
      case 'actedNotRead':
        return actedNotRead(deps);
      case 'capturedNotRecorded':
        return capturedNotRecorded(deps);
      case 'sentNotMarked':
        return sentNotMarked(deps, phoneOf);
    }
  }

  #victim(name: VictimName): Victim {
    return this.#deps.installation.victim(name);
  }

  async #kill(name: VictimName, sprung: { point: PointName; caught: Caught }[]): Promise<void> {
    const victim = this.#victim(name);
    if (!victim.isUp && sprung.length === 0) return;
    const openCalls = await this.#openCalls();
    const kill: Kill = { at: new Date().toISOString(), victim: name, points: [], openCalls, upAfterMs: null };
    const startedMs = Date.now();
    await victim.kill();
    for (const { point, caught } of sprung) if (await caught.verify()) kill.points.push(point);
    this.kills.push(kill);
    const start = (async () => {
      await sleep(this.#deps.random.whole(0, LONGEST_DOWN_MS));
      await victim.start();
      kill.upAfterMs = Date.now() - startedMs;
    })();
    this.#starts.push(start);
    // Reported by `settled`; unheard until then it would end us.
    start.catch(() => {});
  }

  async #openCalls(): Promise<string[]> {
    const rows = await this.#deps.watch.rows<{ operationId: string; tries: number }>(OPEN_CALLS);
    const fresh = (rows ?? []).filter(({ operationId, tries }) => {
      const call = `${operationId}#${tries}`;
      if (this.#counted.has(call)) return false;
      this.#counted.add(call);
      return true;
    });
    return fresh.map(({ operationId }) => operationId);
  }
}
