// Owns: finding variables that look like a misspelt setting. A misspelt name is otherwise silently without effect.
import type { Environment } from './environment.ts';
import { SETTING_NAMES } from './settings.ts';

const SHORTEST_COMPARED = 6;

/** One sentence for each variable whose name nearly is a setting's. */
export function warnAboutSimilarNames(env: Environment): string[] {
  const known: readonly string[] = SETTING_NAMES;
  return Object.keys(env)
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const meant = known.find((setting) => looksLike(name, setting));
      return meant === undefined
        ? []
        : [`${name} is not a setting and has no effect: did you mean ${meant}?`];
    });
}

function looksLike(name: string, setting: string): boolean {
  // Short names are near to everything: HOME is not a misspelt HOST.
  if (setting.length < SHORTEST_COMPARED) return false;
  const allowed = setting.length > 8 ? 2 : 1;
  return (
    Math.abs(name.length - setting.length) <= allowed && distance(name.toUpperCase(), setting) <= allowed
  );
}

/** Steps from one word to the other: a letter added, left out or replaced, two neighbours swapped. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        at(last, j) + 1,
        at(row, j - 1) + 1,
        at(last, j - 1) + (same ? 0 : 1),
        swapped ? at(beforeLast, j - 2) + 1 : Infinity,
      );
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
