import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders whose files take long by waiting for processes: begun last, one of them would go on alone. */
const LONG = ['chaos', 'e2e', 'browser', 'embedded', 'main', 'matrix', 'workflows', 'contract', 'model'];

function rankOf({ moduleId }: TestSpecification): number {
  const folder = /\/test\/([^/]+)\//.exec(moduleId)?.[1] ?? '';
  const rank = LONG.indexOf(folder);
  return rank === -1 ? LONG.length : rank;
}

/** The order in which test files begin: those of the long folders first. */
export class LongFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve(files.toSorted((a, b) => rankOf(a) - rankOf(b)));
  }
}
