// A run as text, and its place in docs/performance.md.
import { tableOf, type Figure } from './figures.ts';
import type { Machine } from './machine.ts';

export interface Report {
  machine: Machine;
  /** options that change what is measured, as they are typed */
  options: string;
  figures: Figure[];
  /** how long each part took */
  seconds: Record<string, number>;
}

const BEGIN = '<!-- bench -->';
const END = '<!-- /bench -->';

export function markdownOf(report: Report): string {
  const all = Object.values(report.seconds).reduce((sum, one) => sum + one, 0);
  return [machineOf(report), `${all} s in all.`, ...sectionsOf(report).values()].join('\n\n');
}

/** The document with this run between its markers; parts that were not run keep what an earlier run has found. */
export function withReport(document: string, report: Report): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`docs/performance.md lacks ${BEGIN} or ${END}`);
  const [, ...earlier] = document.slice(begin, end).split(/^### /m);
  const sections = new Map(
    earlier.map((text) => [text.slice(0, text.indexOf('\n')), `### ${text.trimEnd()}`]),
  );
  for (const [part, text] of sectionsOf(report)) sections.set(part, text);
  const text = [machineOf(report), ...sections.values()].join('\n\n');
  return `${document.slice(0, begin)}${BEGIN}\n\n${text}\n\n${document.slice(end)}`;
}

function machineOf({ machine }: Report): string {
  const { cpu, cores, memory, system, node, temporal, sdk, postgres } = machine;
  return `${cpu}, ${cores} cores, ${memory}, ${system}; Node ${node}; Temporal ${temporal}, SDK ${sdk}; PostgreSQL ${postgres}.`;
}

/** By part. */
function sectionsOf({ machine, options, figures, seconds }: Report): Map<string, string> {
  const sections = new Map<string, string>();
  for (const part of new Set(figures.map((figure) => figure.part))) {
    const command = `npm run bench -- ${part} ${options}`.trimEnd();
    sections.set(
      part,
      [
        `### ${part}`,
        `\`${command}\`, ${seconds[part]} s; ${machine.date}, commit ${machine.commit}`,
        tableOf(figures.filter((figure) => figure.part === part)),
      ].join('\n\n'),
    );
  }
  return sections;
}
