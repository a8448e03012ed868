import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import { instantMs, type Instant } from '../domain/instant.ts';

/** One timer, moved only when the instant changes: a timer costs an action in Temporal. */
export class Alarm {
  private readonly ring: (dueAt: Instant) => void;
  private readonly clockSkewMs: number;
  private dueAt: Instant | null = null;
  private scope: CancellationScope | null = null;

  constructor(ring: (dueAt: Instant) => void, clockSkewMs: number) {
    this.ring = ring;
    this.clockSkewMs = clockSkewMs;
  }

  set(dueAt: Instant | null): void {
    if (dueAt === this.dueAt) return;
    this.scope?.cancel();
    this.scope = null;
    this.dueAt = dueAt;
    if (dueAt === null) return;
    const durationMs = Math.max(1, instantMs(dueAt) - (Date.now() + this.clockSkewMs));
    const scope = new CancellationScope();
    this.scope = scope;
    scope
      .run(() => sleep(durationMs, { summary: `Next due ${dueAt}` }))
      .then(() => this.expire(scope, dueAt))
      .catch((error: unknown) => {
        if (!isCancellation(error)) throw error;
      });
  }

  private expire(scope: CancellationScope, dueAt: Instant): void {
    if (this.scope !== scope) return;
    this.scope = null;
    this.dueAt = null;
    this.ring(dueAt);
  }
}
