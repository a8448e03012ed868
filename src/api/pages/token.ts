/** The shape of our link tokens: 128 random bits, as base64url. Anything else is unknown without a look-up. */
const TOKEN = /^[A-Za-z0-9_-]{22}$/;

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}
