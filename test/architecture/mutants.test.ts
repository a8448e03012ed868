// The deliberate bugs of `npm run mutants` still apply, and the table of them is what is run.
import { describe, expect, test } from 'vitest';
import { MUTANTS } from '../mutants/mutants.ts';
import { mutantsTable } from '../mutants/table.ts';
import { projectFiles, readProjectFile } from './project-files.ts';

describe.each(MUTANTS)('the deliberate bug "$bug"', ({ file, find, replace, test: caughtBy }) => {
  test('has one place, and changes it', () => {
    expect(readProjectFile(file).split(find)).toHaveLength(2);
    expect(replace).not.toBe(find);
  });

  test('names a test file that is there', () => {
    expect(projectFiles('test')).toContain(caughtBy.file);
  });
});

test('docs/testing.md shows the table of them', () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(15);
  expect(readProjectFile('docs/testing.md')).toContain(
    `<!-- mutants -->\n\n${mutantsTable()}\n\n<!-- /mutants -->`,
  );
});
