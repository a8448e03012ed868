import { MUTANTS } from './mutants.ts';

/** The table of docs/testing.md. */
export function mutantsTable(): string {
  const rows = MUTANTS.map(({ bug, file, test }, index) => {
    const code = file.replace(/^src\//, '');
    const caughtBy = test.file.replace(/^test\//, '').replace(/\.test\.ts$/, '');
    return `| ${index + 1} | ${bug} | \`${code}\` | \`${caughtBy}\`: ${test.name} |`;
  });
  return ['| | bug | in | caught by |', '|---|---|---|---|', ...rows].join('\n');
}
