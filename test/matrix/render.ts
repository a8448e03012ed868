// Usage: node --import tsx test/matrix/render.ts
// Rewrites the fault matrix in docs/testing.md from the table that the tests run.
import { readFileSync, writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { ENDS } from './ends.ts';
import {
  CELLS,
  KIND_NAMES,
  KINDS,
  OPERATIONS,
  PROVIDERS,
  type Cell,
  type Kind,
  type Operation,
  type Provider,
} from './table.ts';

export const MATRIX_DOCUMENT = fileURLToPath(new URL('../../docs/testing.md', import.meta.url));
export const MATRIX_MARKS = /(?<=<!-- fault matrix -->\n)[\s\S]*?(?=<!-- \/fault matrix -->)/;

/** The table of each provider, then what its words and numbers mean. */
export function matrixMarkdown(): string {
  const reasons = [
    ...new Set(CELLS.flatMap((cell) => ('notApplicable' in cell ? [cell.notApplicable] : []))),
  ];
  const runs = CELLS.filter((cell) => 'scenario' in cell).length;
  return [
    `${CELLS.length} cells: ${runs} run, ${CELLS.length - runs} make no sense for the reason whose number they show.`,
    '',
    ...PROVIDERS.flatMap((provider) => [...tableOf(provider, reasons), '']),
    '| fault | what happens |',
    '|---|---|',
    ...KIND_NAMES.map((kind) => `| ${kind} | ${KINDS[kind]} |`),
    '',
    '| end | what must be true when nothing is left to do |',
    '|---|---|',
    ...Object.entries(ENDS).map(([name, meaning]) => `| ${name} | ${meaning} |`),
    '',
    'Why there is no such cell:',
    '',
    ...reasons.map((reason, index) => `${index + 1}. ${reason}`),
    '',
  ].join('\n');
}

function tableOf(provider: Provider, reasons: readonly string[]): string[] {
  return [
    `| ${provider} | ${OPERATIONS.join(' | ')} |`,
    `|---|${OPERATIONS.map(() => '---|').join('')}`,
    ...KIND_NAMES.map((kind) => {
      const cells = OPERATIONS.map((operation) => shown(cellAt(provider, operation, kind), reasons));
      return `| ${kind} | ${cells.join(' | ')} |`;
    }),
  ];
}

function cellAt(provider: Provider, operation: Operation, kind: Kind): Cell {
  const cell = CELLS.find(
    (one) => one.provider === provider && one.operation === operation && one.kind === kind,
  );
  if (cell === undefined) throw new Error(`There is no cell ${provider} ${operation} ${kind}`);
  return cell;
}

function shown(cell: Cell, reasons: readonly string[]): string {
  return 'scenario' in cell ? cell.scenario.end.name : `${reasons.indexOf(cell.notApplicable) + 1}`;
}

function rewrite(): void {
  const text = readFileSync(MATRIX_DOCUMENT, 'utf8');
  if (!MATRIX_MARKS.test(text)) throw new Error(`${MATRIX_DOCUMENT} has no place marked for the matrix`);
  writeFileSync(MATRIX_DOCUMENT, text.replace(MATRIX_MARKS, matrixMarkdown));
}

if (argv[1] === fileURLToPath(import.meta.url)) rewrite();
