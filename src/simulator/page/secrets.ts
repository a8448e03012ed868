/** What stands where a secret was. */
export const hidden = '***';

/** A URL may carry `user:password@`; a body may carry such a URL, or a field that holds a secret. */
export function withoutSecrets(text: string): string {
  return text
    .replaceAll(/(\/\/)[^\s/@"':]+:[^\s/@"']+@/g, `$1${hidden}@`)
    .replaceAll(/("(?:\w*(?:password|secret|token|apikey|api_key))"\s*:\s*)"[^"]*"/gi, `$1"${hidden}"`);
}
