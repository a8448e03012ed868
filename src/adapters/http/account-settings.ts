/** The settings of one vendor account as data: the variables they come from, and the type that follows from them. */
import { z } from 'zod';

/** One setting of an account. Neither optional nor with a fallback: the account cannot be used without it. */
export interface AccountSetting {
  /** of the environment variable */
  readonly name: string;
  readonly format: z.ZodType;
  /** as it would be written in the environment */
  readonly fallback?: string;
  readonly secret?: true;
  /** null where it is not set */
  readonly optional?: true;
}

/** By the name of the field in the account. Every vendor is reached at a `baseUrl`. */
export type AccountSettings = Readonly<Record<string, AccountSetting>> & { readonly baseUrl: AccountSetting };

/** The account that these settings describe: a value for each field. */
export type AccountOf<Settings extends AccountSettings> = {
  readonly [Field in keyof Settings]:
    | z.output<Settings[Field]['format']>
    | (Settings[Field] extends { readonly optional: true } ? null : never);
};

export const text = z.string();

/** An address people or vendors are sent to: no credentials (they end up in logs), no query, no slash at the end. */
export const webUrl = z
  .string()
  .refine(isWebUrl, 'must be an http or https address without user name, password, query or fragment')
  .transform((value) => value.replace(/\/+$/, ''));

function isWebUrl(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return false;
  return url.username === '' && url.password === '' && !/[?#]/.test(value);
}

/** A money call must end well before its activity does (activities/money-call.ts keeps 15 s for a write). */
const MAX_TIMEOUT_MS = 12_000;

/** Milliseconds that one operation may take, connecting and reading the answer included. */
export const timeoutMs = z
  .string()
  .regex(/^\d{1,6}$/, `must be a whole number of milliseconds from 100 to ${MAX_TIMEOUT_MS}`)
  .transform(Number)
  .refine(
    (value) => value >= 100 && value <= MAX_TIMEOUT_MS,
    `must be a whole number of milliseconds from 100 to ${MAX_TIMEOUT_MS}`,
  );
