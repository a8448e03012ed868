/** Paycore writes decimals with two places; all its currencies have two. Text arithmetic only: no float is ever built. */
export function decimalText(minor: number): string {
  const digits = String(minor).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** Minor units of `5`, `5.0`, `5.00`; null for anything else, more than two places or more than 999999.99. */
export function minorFromDecimal(text: string): number | null {
  const match = /^(\d{1,6})(?:\.(\d{1,2}))?$/.exec(text);
  if (match === null) return null;
  return Number(`${match[1] ?? ''}${(match[2] ?? '').padEnd(2, '0')}`);
}

/** A number that must reach the JSON text digit for digit, `5.00` and not `5`. */
export class JsonDecimal {
  readonly text: string;
  constructor(minor: number) {
    this.text = decimalText(minor);
  }
}

/** JSON of a flat object that may hold `JsonDecimal`s. */
export function jsonWithDecimals(fields: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      const json = value instanceof JsonDecimal ? value.text : JSON.stringify(value);
      return `${JSON.stringify(name)}:${json}`;
    });
  return `{${members.join(',')}}`;
}
