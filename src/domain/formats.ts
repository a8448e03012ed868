/** Formats of dates and numbers, each made once in a process: making one costs as much as a hundred uses. */

const dateFormats = new Map<string, Intl.DateTimeFormat>();
const numberFormats = new Map<string, Intl.NumberFormat>();

export function dateFormat(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return once(dateFormats, locale, options, () => new Intl.DateTimeFormat(locale, options));
}

export function numberFormat(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return once(numberFormats, locale, options, () => new Intl.NumberFormat(locale, options));
}

function once<F>(made: Map<string, F>, locale: string, options: object, make: () => F): F {
  const key = locale + JSON.stringify(options);
  const known = made.get(key) ?? make();
  made.set(key, known);
  return known;
}
