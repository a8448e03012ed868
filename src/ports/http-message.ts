/** An HTTP request as an adapter needs it to check and parse a webhook. Header names are lower case. */
export interface InboundHttpRequest {
  method: string;
  /** absolute URL as the sender called it */
  url: string;
  headers: Record<string, string>;
  /** raw body as text; empty for GET */
  body: string;
}

/** Refuses a sender by the headers alone, before the body is read; null: not refused. */
export type RefuseSender = (headers: InboundHttpRequest['headers']) => WebhookRefusal | null;

/** Why a webhook was refused: answered with this status as problem+json. */
export interface WebhookRefusal {
  ok: false;
  status: 400 | 401 | 415;
  /** one sentence for the sender; no personal data */
  detail: string;
}
