import type { Change, Store } from '../../store.ts';

const DEAD_AFTER_MS = 14 * 24 * 3_600_000;

/** Deletes a registration after two weeks without an accepted push. */
export function registrationAfterTry(
  store: Store,
  registration: string | undefined,
  taken: boolean,
  wallMs: number,
): Change[] {
  const row = registration === undefined ? undefined : store.vippsWebhooks.get(registration);
  if (row === undefined) return [];
  if (taken) {
    return row.failingSinceMs === null
      ? []
      : [{ table: 'vippsWebhook', put: { ...row, failingSinceMs: null } }];
  }
  if (row.failingSinceMs === null)
    return [{ table: 'vippsWebhook', put: { ...row, failingSinceMs: wallMs } }];
  return wallMs - row.failingSinceMs >= DEAD_AFTER_MS ? forgetWebhook(store, row.id) : [];
}

/** The registration and all it has not delivered. */
export function forgetWebhook(store: Store, id: string): Change[] {
  const undelivered = [...store.deliveries.values()].filter((row) => row.registration === id);
  return [
    { table: 'vippsWebhook', remove: id },
    ...undelivered.map((row): Change => ({ table: 'delivery', remove: row.id })),
  ];
}
