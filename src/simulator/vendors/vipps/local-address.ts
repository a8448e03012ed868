/**
 * The vendor takes https only. A demo's own addresses are http on this machine or network, so those pass here as well:
 * the one place where the stand-in is more lenient on purpose.
 */
export function isHttpsOrLocal(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && isLocalHost(hostname));
}

export function isLocalHost(hostname: string): boolean {
  const name = hostname.toLowerCase();
  if (!name.includes('.') || /\.(localhost|local|internal|test)$/.test(name)) return true;
  return /^(127|10|192\.168|172\.(1[6-9]|2\d|3[01]))\.[\d.]+$/.test(name);
}
