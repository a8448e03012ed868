/**
 * The amounts a text to a customer states, in minor units: `1`, `1,50`, `1.50`. Addresses, times and longer numbers are
 * none.
 */
export function amountsInText(text: string): number[] {
  const words = text.replaceAll(/https?:\/\/\S+/gi, ' ');
  const numbers = words.matchAll(/(?<![\d.,:+])(\d{1,6})(?:[.,](\d{2}))?(?![\d:]|[.,]\d)/g);
  return [...numbers].map(([, whole = '0', fraction = '00']) => Number(whole + fraction));
}
