/** Counts what the sequences reached, so that a generator that became lame is noticed. */
export class Coverage {
  private readonly groups = new Map<string, Map<string, number>>();

  count(group: string, name: string): void {
    let names = this.groups.get(group);
    if (names === undefined) this.groups.set(group, (names = new Map()));
    names.set(name, (names.get(name) ?? 0) + 1);
  }

  countOf(group: string, name: string): number {
    return this.groups.get(group)?.get(name) ?? 0;
  }

  /** What was expected in `group` and never reached, and what was reached and not expected. */
  differences(group: string, expected: readonly string[]): string[] {
    const reached = [...(this.groups.get(group)?.keys() ?? [])];
    return [
      ...expected.filter((name) => this.countOf(group, name) === 0).map((name) => `never: ${group} ${name}`),
      ...reached.filter((name) => !expected.includes(name)).map((name) => `unexpected: ${group} ${name}`),
    ];
  }

  table(): string {
    const lines: string[] = [];
    for (const [group, names] of this.groups) {
      lines.push(group);
      for (const [name, count] of [...names].toSorted(([, a], [, b]) => b - a)) {
        lines.push(`  ${String(count).padStart(10)}  ${name}`);
      }
    }
    return lines.join('\n');
  }
}
