// Owns: showing the configuration to people. A secret is never in what leaves here.
import type { Environment } from './environment.ts';
import { isGiven, SETTINGS, type Setting } from './settings.ts';

export interface SettingDescription {
  readonly name: string;
  readonly value: string;
  readonly source: 'environment' | 'default' | 'demo' | 'not set';
}

/**
 * Every setting with the value in force and where it comes from; secrets masked. `demoNames`: settings that the simulator
 * fills in where they are not set.
 */
export function describeSettings(
  env: Environment,
  inForce: { simulatorOn: boolean; demoNames: readonly string[] },
): SettingDescription[] {
  return Object.entries<Setting>(SETTINGS).map(([name, setting]) => {
    if (isGiven(env, name))
      return { name, value: shown(name, setting, env[name]?.trim() ?? ''), source: 'environment' };
    if (setting.fallback !== undefined) return { name, value: setting.fallback, source: 'default' };
    if (name === 'LOG_LEVEL') return { name, value: defaultLogLevel(inForce.simulatorOn), source: 'default' };
    if (name === 'SIMULATOR') return { name, value: inForce.simulatorOn ? 'on' : 'off', source: 'default' };
    if (inForce.demoNames.includes(name)) return { name, value: '(simulator)', source: 'demo' };
    return { name, value: '-', source: 'not set' };
  });
}

/** The demo is watched on its pages, an installation through its log. */
export function defaultLogLevel(simulatorOn: boolean): 'warn' | 'info' {
  return simulatorOn ? 'warn' : 'info';
}

/** The description as aligned lines of text. */
export function describe(config: { readonly described: readonly SettingDescription[] }): string {
  const width = (key: 'name' | 'value'): number =>
    Math.max(...config.described.map((line) => line[key].length));
  const [names, values] = [width('name'), width('value')];
  return config.described
    .map((line) => `${line.name.padEnd(names)}  ${line.value.padEnd(values)}  ${line.source}`)
    .join('\n');
}

function shown(name: string, setting: Setting, value: string): string {
  if (name === 'DATABASE_URL') return databaseWithoutCredentials(value);
  return setting.secret ? '(secret)' : value;
}

/** Host and database only: user, password and parameters can all hold secrets. */
function databaseWithoutCredentials(value: string): string {
  if (!URL.canParse(value)) return '(secret)';
  const url = new URL(value);
  return `${url.protocol}//(secret)@${url.host}${url.pathname}`;
}
