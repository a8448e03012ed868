// Owns: how the smoke run talks to whoever watches it.
const say = (line: string): void => void process.stdout.write(`${line}\n`);

export const report = {
  say,
  step: (title: string): void => say(`\n${title}`),
  detail: (name: string, value: string): void => say(`    ${name.padEnd(18)} ${value}`),
};

export const money = (minor: number): string => `${(minor / 100).toFixed(2)} NOK`;
