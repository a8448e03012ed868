import { parseArgs } from 'node:util';
import type { Shape } from './installation.ts';
import { PARTS, type PartName } from './parts.ts';

export interface BenchOptions {
  parts: PartName[];
  /** fewer and smaller rounds: to see that everything works, not to compare */
  quick: boolean;
  rounds: number;
  /** sessions in a round; null: what the part thinks right */
  sessions: number | null;
  /** file for the figures */
  json: string | null;
  /** writes the tables of these parts into docs/performance.md */
  markdown: boolean;
  /** of the part `open` */
  shape: Shape;
  /** folder for a CPU profile of each process of the product; a profiled process spends more */
  profiles: string | null;
  /** prints the plans of slow statements */
  explain: boolean;
  /** those of the above that change what is measured, as they are typed */
  given: string;
}

const OPTIONS = {
  quick: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  sessions: { type: 'string' },
  json: { type: 'string' },
  markdown: { type: 'boolean', default: false },
  shape: { type: 'string', default: 'embedded' },
  profiles: { type: 'string' },
  explain: { type: 'boolean', default: false },
} as const;

export const USAGE = `Use: npm run bench -- [part ...] [--quick] [--rounds N] [--sessions N] [--json FILE] [--markdown]
       [--shape split] [--profiles FOLDER] [--explain]
${Object.entries(PARTS)
  .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  .join('\n')}`;

export function readOptions(args: string[]): BenchOptions {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true, strict: true });
  const unknown = positionals.filter((name) => !isPart(name));
  if (unknown.length > 0) throw new Error(`There is no part ${unknown.join(', ')}.\n${USAGE}`);
  return {
    // In the order of a whole run, whatever order they are named in.
    parts: Object.keys(PARTS)
      .filter(isPart)
      .filter((name) => positionals.length === 0 || positionals.includes(name)),
    quick: values.quick,
    rounds: wholeNumber('rounds', values.rounds) ?? (values.quick ? 1 : 3),
    sessions: wholeNumber('sessions', values.sessions),
    json: values.json ?? null,
    markdown: values.markdown,
    shape: values.shape === 'split' ? 'split' : 'embedded',
    profiles: values.profiles ?? null,
    explain: values.explain,
    given: MEASURING.flatMap((name) => typed(name, values[name])).join(' '),
  };
}

const MEASURING = ['quick', 'rounds', 'sessions', 'shape'] as const;

function typed(name: (typeof MEASURING)[number], value: string | boolean | undefined): string[] {
  if (value === undefined || value === false || value === OPTIONS.shape.default) return [];
  return [value === true ? `--${name}` : `--${name} ${value}`];
}

function isPart(name: string): name is PartName {
  return Object.hasOwn(PARTS, name);
}

function wholeNumber(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a whole number, 1 or more`);
  return value;
}
