import type { Exchange } from '../exchanges.ts';
import { HIDDEN, withoutSecrets } from '../secrets.ts';

/** What an HTTP client adds by itself. */
const TRANSPORT_HEADERS = new Set([
  'host',
  'connection',
  'content-length',
  'accept-encoding',
  'accept-language',
  'sec-fetch-mode',
  'user-agent',
]);

/** The request as a shell command. A placeholder names each secret to put in. */
export function curlOf({ method, url, requestHeaders, requestBody }: Exchange): string {
  const lines = [`curl -i -X ${method} ${quoted(withPlaceholders(url))}`];
  for (const [name, value] of Object.entries(requestHeaders)) {
    if (!TRANSPORT_HEADERS.has(name)) lines.push(`-H ${quoted(`${name}: ${headerValue(name, value)}`)}`);
  }
  if (requestBody !== '') lines.push(`-d ${quoted(withPlaceholders(requestBody))}`);
  return lines.join(' \\\n  ');
}

function headerValue(name: string, value: string): string {
  if (name !== 'authorization') return value.replace(HIDDEN, `<${name}>`);
  const scheme = value.split(' ')[0] ?? '';
  const wanted: Record<string, string> = {
    basic: '<base64 of user:password>',
    bearer: '<access token>',
    hmac: '<signature of this request>',
  };
  return `${scheme} ${wanted[scheme.toLowerCase()] ?? '<credentials>'}`;
}

function withPlaceholders(text: string): string {
  return withoutSecrets(text)
    .replaceAll(`//${HIDDEN}@`, '//<user>:<password>@')
    .replaceAll(`"${HIDDEN}"`, '"<secret>"');
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
