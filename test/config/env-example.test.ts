import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { SETTINGS, SETTING_NAMES, type Setting } from '../../src/config/settings.ts';

const lines = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8').split('\n');
const assignments = lines.flatMap((line, index) => {
  const [, name, value] = /^# ([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
  return name === undefined ? [] : [{ name, value: value ?? '', index }];
});

describe('.env.example', () => {
  test('names every setting once, and nothing else', () => {
    expect(assignments.map(({ name }) => name).toSorted()).toEqual([...SETTING_NAMES].toSorted());
  });

  test('explains each of them in the line before, or together with its neighbour', () => {
    for (const { name, index } of assignments) {
      let above = index - 1;
      while (assignments.some((other) => other.index === above)) above -= 1;
      expect(lines[above], name).toMatch(/^# \S.* \S/);
    }
  });

  test('shows the defaults that are in force', () => {
    const settings: Record<string, Setting> = SETTINGS;
    const withDefault = assignments.filter(({ name }) => settings[name]?.fallback !== undefined);
    const shown = withDefault.map(({ name, value }) => `${name}=${value}`);
    expect(shown).toEqual(withDefault.map(({ name }) => `${name}=${settings[name]?.fallback}`));
    expect(shown).toContain('PORT=8080');
  });

  test('sets nothing when it is used as it is', () => {
    expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
  });

  test('shows values in a form that is accepted, placeholders apart', () => {
    const shown = assignments.filter(
      ({ value, name }) => !value.includes('<') && name !== 'SIMULATOR' && value !== '',
    );
    const plain = shown.filter(({ name }) => !/^(LINK|PAYCORE|VIPPS|PUBLIC)_/.test(name));
    expect(() =>
      parseConfig({ ...Object.fromEntries(plain.map((each) => [each.name, each.value])), SIMULATOR: 'on' }),
    ).not.toThrow();
  });
});
