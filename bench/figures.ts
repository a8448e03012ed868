// What a part of the bench finds out, as rows of a table and as JSON.
import { median } from './statistics.ts';

export interface Figure {
  part: string;
  name: string;
  unit: string;
  /** one for each round */
  values: number[];
  /** of issue 18, in words */
  goal?: string | undefined;
}

/** Collects values under names, one for each round, in the order in which the names first came. */
export class Figures {
  readonly #part: string;
  readonly #byName = new Map<string, Figure>();

  constructor(part: string) {
    this.#part = part;
  }

  add(name: string, unit: string, value: number, goal?: string): void {
    const figure = this.#byName.get(name);
    if (figure !== undefined) figure.values.push(value);
    else this.#byName.set(name, { part: this.#part, name, unit, values: [value], goal });
  }

  get all(): Figure[] {
    return [...this.#byName.values()];
  }
}

export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, unit, values, goal }) => {
    const spread =
      values.length === 1 ? '' : `${shown(Math.min(...values))} to ${shown(Math.max(...values))}`;
    const middle = `${shown(median(values))} ${unit}`.trim();
    return `| ${name} | ${middle} | ${spread} | ${goal ?? ''} |`;
  });
  return ['| figure | median | spread | goal |', '|---|---|---|---|', ...rows].join('\n');
}

/** Three digits are what two runs agree on at best. */
function shown(value: number): string {
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return value.toFixed(0);
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}
