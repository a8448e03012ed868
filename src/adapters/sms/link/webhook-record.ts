import { z } from 'zod';
import type { InboundHttpRequest, WebhookRefusal } from '../../../ports/webhooks.ts';
import { readWebhookBody } from '../../http/body.ts';

const recordSchema = z.record(z.string(), z.unknown());
/** The JSON of a webhook call: one record or several. */
const webhookJsonSchema = z.union([z.array(recordSchema).min(1), recordSchema.transform((one) => [one])]);

/** One message or report as text fields; nested JSON fields under dotted names, as in LINK's own form encoding. */
export type WebhookRecord = ReadonlyMap<string, string>;

/**
 * The records of a webhook call in any form that a gate can have (COMMON-GATE-API 1.2): JSON (LINK sends an object; an array
 * is accepted too), a form, or a template in the query with GET or an empty body. XML is refused with 415.
 */
export function readRecords(
  request: InboundHttpRequest,
): { ok: true; records: WebhookRecord[] } | WebhookRefusal {
  if (request.method.toUpperCase() === 'GET' || request.body === '') {
    if (!URL.canParse(request.url)) return { ok: false, status: 400, detail: 'The URL cannot be read.' };
    return { ok: true, records: [fromParameters(new URL(request.url).searchParams)] };
  }
  const body = readWebhookBody(request);
  if (!body.ok) return body;
  if ('form' in body) return { ok: true, records: [fromParameters(body.form)] };
  const json = webhookJsonSchema.safeParse(body.json);
  if (!json.success)
    return { ok: false, status: 400, detail: 'The body is not a JSON object or a list of objects.' };
  return { ok: true, records: json.data.map(fromJson) };
}

/** The first of these fields with more than white space, trimmed; null when none does. */
export function readField(record: WebhookRecord, names: readonly string[]): string | null {
  for (const name of names) {
    const value = record.get(name)?.trim();
    if (value !== undefined && value !== '') return value;
  }
  return null;
}

function fromParameters(parameters: URLSearchParams): WebhookRecord {
  const record = new Map<string, string>();
  for (const [name, value] of parameters) if (!record.has(name)) record.set(name, value);
  return record;
}

/** LINK nests one level deep; anything deeper is of no use to us and is left out. */
function fromJson(object: Record<string, unknown>): WebhookRecord {
  const record = new Map<string, string>();
  for (const [name, value] of Object.entries(object)) {
    setText(record, name, value);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) continue;
    for (const [inner, innerValue] of Object.entries(value)) setText(record, `${name}.${inner}`, innerValue);
  }
  return record;
}

function setText(record: Map<string, string>, name: string, value: unknown): void {
  if (typeof value === 'string') record.set(name, value);
  // A number beyond 2^53 has lost digits in JSON.parse: two messages could end up with one id.
  else if (Number.isSafeInteger(value)) record.set(name, String(value));
}
