/** Ways in which a try ends badly: its process dies, or it hangs while the next one runs. */
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityDeps } from '../../src/activities/deps.ts';

export class ProcessDied extends Error {
  override readonly name = 'ProcessDied';
}

/** Also where an activity that moves money has added the wait before its next try. */
export function isDeath(error: unknown): boolean {
  const { name } = ProcessDied;
  return error instanceof ProcessDied || (error instanceof ApplicationFailure && error.type === name);
}

/** Lets a process die at its `diesAt`-th call to the world, before or after that call has acted. */
export class Mortal {
  calls = 0;
  /** the call it died at */
  diedAt: string | null = null;
  private dead = false;
  private readonly diesAt: number;
  private readonly afterActing: boolean;

  constructor(diesAt: number, afterActing: boolean) {
    this.diesAt = diesAt;
    this.afterActing = afterActing;
  }

  /** The same world, seen by the process that dies. */
  deps(deps: ActivityDeps): ActivityDeps {
    return {
      ...deps,
      stores: this.wrapMembers(deps.stores),
      providers: this.wrapMembers(deps.providers),
      gateways: this.wrapMembers(deps.gateways),
    };
  }

  private wrapMembers<T extends object>(parts: T): T {
    return new Proxy(parts, {
      get: (object, name) => {
        const part: unknown = Reflect.get(object, name);
        return typeof part === 'object' && part !== null ? this.wrap(part) : part;
      },
    });
  }

  private wrap<T extends object>(target: T): T {
    return withMethods(target, (call, name) => this.live(call, name));
  }

  private async live(call: () => Promise<unknown>, name: string): Promise<unknown> {
    if (this.dead) throw new ProcessDied();
    this.calls += 1;
    if (this.calls < this.diesAt) return await call();
    this.dead = true;
    this.diedAt = name;
    if (this.afterActing) await call();
    throw new ProcessDied();
  }
}

/** `target` whose calls of `method` wait until they are let go: before they act, or with the answer in hand. */
export function holding<T extends object>(
  target: T,
  method: keyof T & string,
  when: 'before' | 'after' = 'before',
) {
  let letGo = (): void => {};
  let arrive = (): void => {};
  const released = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const held = withMethods(target, async (call, name) => {
    if (name !== method) return await call();
    const early = when === 'after' ? await call() : null;
    arrive();
    await released;
    return when === 'after' ? early : await call();
  });
  return { held, reached, letGo: () => letGo() };
}

/** `target` with every method call passed through `around`. */
export function withMethods<T extends object>(
  target: T,
  around: (call: () => Promise<unknown>, name: string) => Promise<unknown>,
): T {
  return new Proxy(target, {
    get: (object, name) => {
      const member: unknown = Reflect.get(object, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) =>
        around(() => Reflect.apply(member, object, args) as Promise<unknown>, String(name));
    },
  });
}
