/** What stands where a secret was. */
export const HIDDEN = '***';

/** A URL may carry `user:password@`, also inside a JSON text, where a slash may be escaped. */
export function withoutUrlCredentials(text: string): string {
  return text.replaceAll(/((?:\\?\/){2})[^\s/@"':\\]*:[^\s/@"'\\]*@/g, `$1${HIDDEN}@`);
}

/** A body may carry such a URL, or a field that holds a secret. */
export function withoutSecrets(text: string): string {
  return withoutUrlCredentials(text).replaceAll(
    /("(?:\w*(?:password|secret|token|apikey|api_key))"\s*:\s*)"[^"]*"/gi,
    `$1"${HIDDEN}"`,
  );
}
