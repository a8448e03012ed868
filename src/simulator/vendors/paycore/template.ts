/** Fills `{{name}}`; names ignore case, unknown names become empty. `encode` is applied to each value. */
export function fillTemplate(
  template: string,
  values: Readonly<Record<string, string | null>>,
  encode: (value: string) => string = (value) => value,
): string {
  const byName = new Map(Object.entries(values).map(([name, value]) => [name.toLowerCase(), value ?? '']));
  return template.replace(/\{\{\s*(\w+)\s*\}\}/g, (_whole, name: string) =>
    encode(byName.get(name.toLowerCase()) ?? ''),
  );
}
