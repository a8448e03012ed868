import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take the longest, and then folders whose files wait for processes: begun last, one of them would go on alone. */
const LONG = [
  'chaos/chaos',
  'contract/stores.pglite',
  'e2e/',
  'workflows/reconciliation',
  'workflows/long-session',
  'browser/',
  'architecture/build',
  'workflows/session-action',
  'contract/stores.postgres',
  'embedded/',
  'model/',
  'main/',
  'cli/',
  'doctor/',
  'matrix/',
  'workflows/',
  'contract/',
  'activities/',
];

function rankOf({ moduleId }: TestSpecification): number {
  const path = moduleId.replace(/^.*\/test\//, '');
  const rank = LONG.findIndex((beginning) => path.startsWith(beginning));
  return rank === -1 ? LONG.length : rank;
}

/** The order in which test files begin. */
export class LongFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve(files.toSorted((a, b) => rankOf(a) - rankOf(b)));
  }
}
