// A run as text, and its place in docs/performance.md.
import { readFile, writeFile } from 'node:fs/promises';
import { tableOf, type Figure } from './figures.ts';
import type { Machine } from './machine.ts';

export interface Report {
  machine: Machine;
  quick: boolean;
  figures: Figure[];
  /** how long each part took */
  seconds: Record<string, number>;
}

const DOCUMENT = new URL('../docs/performance.md', import.meta.url);
const BEGIN = '<!-- bench -->';
const END = '<!-- /bench -->';

export function markdownOf({ machine, quick, figures, seconds }: Report): string {
  const { date, commit, cpu, cores, memory, system, node, temporal, sdk, postgres } = machine;
  const parts = [...new Set(figures.map(({ part }) => part))];
  const all = Object.values(seconds).reduce((sum, one) => sum + one, 0);
  const tables = parts.flatMap((part) => [
    `### ${part}`,
    `\`npm run bench -- ${part}${quick ? ' --quick' : ''}\`, ${seconds[part]} s`,
    tableOf(figures.filter((figure) => figure.part === part)),
  ]);
  return [
    `${date}, commit ${commit}${quick ? ', a quick run: to see that it works, not to compare' : ''}. ${cpu}, ${cores} cores, ${memory}, ${system}; Node ${node}; Temporal ${temporal}, SDK ${sdk}; PostgreSQL ${postgres}. ${all} s in all.`,
    ...tables,
  ].join('\n\n');
}

/** Replaces what stands between the markers. */
export async function keepInDocument(text: string): Promise<void> {
  const document = await readFile(DOCUMENT, 'utf8');
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`docs/performance.md lacks ${BEGIN} or ${END}`);
  await writeFile(DOCUMENT, `${document.slice(0, begin)}${BEGIN}\n\n${text}\n\n${document.slice(end)}`);
}
