import type { z } from 'zod';
import type { InboundHttpRequest, WebhookRefusal } from '../../ports/webhooks.ts';

/** The parsed JSON, or undefined when the text is not JSON (which no schema accepts). */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The names of the fields that did not fit a schema, for a message: a value may be personal data. */
export function fieldsOf(error: z.ZodError): string {
  return error.issues.map((issue) => issue.path.join('.') || 'body').join(', ');
}

/** A webhook's body by its content type: form parameters or parsed JSON; any other type is refused with 415. */
export function readWebhookBody({
  headers,
  body,
}: InboundHttpRequest): { ok: true; form: URLSearchParams } | { ok: true; json: unknown } | WebhookRefusal {
  const contentType = (headers['content-type'] ?? '').split(';', 1).join('').trim().toLowerCase();
  if (contentType === 'application/x-www-form-urlencoded')
    return { ok: true, form: new URLSearchParams(body) };
  if (contentType === 'application/json') return { ok: true, json: parseJson(body) };
  return { ok: false, status: 415, detail: 'Send application/json or application/x-www-form-urlencoded.' };
}
