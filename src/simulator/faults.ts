import { randomUUID } from 'node:crypto';
import type { FaultKind, FaultOperation, FaultRow } from './records.ts';
import type { Store } from './store.ts';

// Calls of sms2pay to a vendor: `badSignature` answers as though the credentials were wrong, `dropAfterActing` and
// `failAfterActing` act and then cut the connection or answer an error, `rateLimit` is 429 with Retry-After.
const REQUEST_KINDS: readonly FaultKind[] = [
  'delay',
  'fail',
  'timeoutAfterActing',
  'drop',
  'badSignature',
  'dropAfterActing',
  'failAfterActing',
  'rateLimit',
];
// Pushes of a vendor: `fail` loses one try, `drop` loses it whole (no delivery report comes), `timeoutAfterActing` loses the answer,
// `badSignature` makes one try with wrong credentials.
const PUSH_KINDS: readonly FaultKind[] = [
  'delay',
  'fail',
  'timeoutAfterActing',
  'drop',
  'double',
  'reorder',
  'badSignature',
];

const WITHOUT_VIPPS: Record<FaultOperation, readonly FaultKind[]> = {
  mo: PUSH_KINDS,
  // `unsuccessful`: reports a failure that did not happen: the text counts as not delivered.
  delivery: [...PUSH_KINDS, 'unsuccessful'],
  callback: [...PUSH_KINDS, 'unsuccessful'],
  send: [...REQUEST_KINDS, 'refuse'],
  reserve: [...REQUEST_KINDS, 'refuse', 'conflict'],
  read: REQUEST_KINDS,
  // `releaseEarly`: the bank releases the reservation just before the capture.
  capture: [...REQUEST_KINDS, 'refuse', 'conflict', 'releaseEarly'],
  // Paycore documents no call for these, so there is nothing to disturb.
  release: [],
  abandon: [],
  refund: [],
  token: [],
  receipt: [],
};

// `lock` is 423, `conflict` 409; `refuse` may name the vendor's error code. `expiredToken`: the token this call carries
// is refused, now and later.
const VIPPS_REQUEST_KINDS: readonly FaultKind[] = [...REQUEST_KINDS, 'expiredToken'];
const WRITE_KINDS: readonly FaultKind[] = [...VIPPS_REQUEST_KINDS, 'refuse', 'lock', 'conflict'];
const WITH_VIPPS: Record<FaultOperation, readonly FaultKind[]> = {
  ...WITHOUT_VIPPS,
  reserve: WRITE_KINDS,
  read: VIPPS_REQUEST_KINDS,
  capture: [...WRITE_KINDS, 'releaseEarly'],
  release: WRITE_KINDS,
  abandon: WRITE_KINDS,
  refund: WRITE_KINDS,
  token: REQUEST_KINDS,
  receipt: [...VIPPS_REQUEST_KINDS, 'refuse'],
};

const DEFAULT_MS: Partial<Record<FaultKind, number>> = {
  delay: 5_000,
  reorder: 10_000,
  timeoutAfterActing: 60_000,
  rateLimit: 12_000,
};

interface NewFault {
  operation: FaultOperation;
  kind: FaultKind;
  code?: number | undefined;
  ms?: number | undefined;
  times?: number | undefined;
}

/** The fault switches. A fault fires `times` times, in the order they were set, and stays listed with its count. */
export class Faults {
  readonly #store: Store;
  readonly #sensibleKinds: Record<FaultOperation, readonly FaultKind[]>;

  constructor(store: Store, stands: { vipps: boolean }) {
    this.#store = store;
    this.#sensibleKinds = stands.vipps ? WITH_VIPPS : WITHOUT_VIPPS;
  }

  add(fault: NewFault): { ok: true; fault: FaultRow } | { ok: false; detail: string } {
    const { operation, kind, code, ms = DEFAULT_MS[kind] ?? 0, times = 1 } = fault;
    const refused = (detail: string) => ({ ok: false as const, detail });
    const kinds = this.#sensibleKinds[operation];
    if (kinds.length === 0)
      return refused(`No stand-in has a call for ${operation}, so no fault makes sense there.`);
    if (!kinds.includes(kind))
      return refused(`For ${operation} these make sense: ${kinds.join(', ')}; not ${kind}.`);
    if (code !== undefined && kind !== 'refuse')
      return refused('Only refuse accepts a code: the others make their own answers.');
    const named = code === undefined ? {} : { code };
    const row: FaultRow = { id: randomUUID(), operation, kind, ...named, ms, times, fired: 0 };
    this.#store.commit({ table: 'fault', put: row });
    return { ok: true, fault: row };
  }

  list(): FaultRow[] {
    return [...this.#store.faults.values()];
  }

  clear(): void {
    this.#store.commit(...this.list().map((fault) => ({ table: 'fault' as const, remove: fault.id })));
  }

  /** The fault that fires now for this operation, counted; null when none is left. */
  fire(operation: FaultOperation): FaultRow | null {
    const due = this.list().find((fault) => fault.operation === operation && fault.fired < fault.times);
    if (due === undefined) return null;
    const fired = { ...due, fired: due.fired + 1 };
    this.#store.commit({ table: 'fault', put: fired });
    return fired;
  }
}
