// Owns: why the database cannot be used, in one line for a person. Must not: repeat the credentials of its address.

/** Codes of Node's sockets and of PostgreSQL (appendix A, "Error Codes"). */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses the connection: does it run, and is this its address?',
  ENOTFOUND: 'is not found: is its host name right?',
  EAI_AGAIN: 'is not found: is its host name right, and is there a network?',
  ECONNRESET: 'closed the connection',
  ETIMEDOUT: 'does not answer: may we reach it over the network?',
  EHOSTUNREACH: 'cannot be reached over the network',
  ENETUNREACH: 'cannot be reached over the network',
  '28P01': 'refuses the user name or the password',
  '28000': 'does not let this user in this way (see its pg_hba.conf)',
  '3D000': 'knows no database of that name',
  '42501': 'does not allow this user to change the schema',
  '53300': 'has no connection left',
};

/** `databaseUrl` null: the embedded database. */
export function databaseTrouble(error: unknown, databaseUrl: string | null): Error {
  const causes = causesOf(error);
  const known = causes.map((cause) => REASONS[codeOf(cause)]).find((reason) => reason !== undefined);
  const message = causes.map(firstLineOf).findLast((line) => line !== '') ?? 'the reason is not known';
  const reason = known ?? `cannot be used: ${withoutCredentials(message, databaseUrl)}`;
  return new Error(`The database${placeOf(databaseUrl)} ${reason}`, { cause: error });
}

/** The error, what it was caused by, and the first of several (one per address of a host), innermost last. */
function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  let next = error;
  while (next instanceof Error && !causes.includes(next)) {
    causes.push(next);
    next = next instanceof AggregateError ? next.errors[0] : next.cause;
  }
  return causes;
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}

function firstLineOf(error: Error): string {
  return error.message.split('\n')[0]?.trim() ?? '';
}

function placeOf(databaseUrl: string | null): string {
  if (databaseUrl === null) return '';
  const { host } = new URL(databaseUrl);
  return host === '' ? '' : ` at ${host}`;
}

function withoutCredentials(message: string, databaseUrl: string | null): string {
  if (databaseUrl === null) return message;
  const { username, password, searchParams } = new URL(databaseUrl);
  const secrets = [username, password, ...searchParams.values()].flatMap((text) => [text, decoded(text)]);
  return secrets
    .filter((secret) => secret.length > 2)
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, secret) => text.replaceAll(secret, '(hidden)'), message);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
