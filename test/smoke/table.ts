/** What one provider's run has proven, in words. */
export interface ProviderRow {
  provider: string;
  captured: string;
  givenBack: string;
  receipt: string;
  refund: string;
}

const TITLES: ProviderRow = {
  provider: 'provider',
  captured: 'captured (NOK)',
  givenBack: 'given back (NOK)',
  receipt: 'receipt',
  refund: 'refund',
};

/** A table for the terminal, one line per provider. */
export function tableOf(rows: readonly ProviderRow[]): string {
  const all = [TITLES, ...rows];
  const width = (key: keyof ProviderRow): number => Math.max(...all.map((row) => row[key].length));
  const line = (row: ProviderRow): string =>
    (['provider', 'captured', 'givenBack', 'receipt', 'refund'] as const)
      .map((key) => row[key].padEnd(width(key)))
      .join('  ')
      .trimEnd();
  return all.map(line).join('\n');
}
