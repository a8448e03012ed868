/** An absolute http or https address in plain ASCII: what may go into a Location header or a link. */
export function isHttpUrl(url: string): boolean {
  return /^https?:\/\/[\x21-\x7e]+$/i.test(url) && URL.canParse(url);
}
