import { randomUUID } from 'node:crypto';

/** The request LINK's gateway makes for a text, as a curl command: JSON with Basic credentials (LINK, "REST API (CGI)"). */
export function moCurl(input: {
  url: string;
  password: string;
  from: string;
  to: string;
  text: string;
  /** when the customer sends it, by the clock of the simulator */
  sentAt: string;
}): string {
  const keyword = input.text.trim().split(/\s+/)[0]?.toUpperCase() ?? '';
  const number = `NO-${input.to}`;
  const body = {
    destination: number,
    source: input.from,
    content: { type: 'SMS', userData: input.text, encoding: 'TEXT' },
    operator: 'no.telenor',
    timestamp: input.sentAt,
    messageId: randomUUID(),
    route: { type: 'KEYWORD_ROUTE', number, keyword, keywordType: 'FIRST_WORD', active: true },
  };
  return [
    `curl -i -X POST '${input.url}/webhooks/sms/link'`,
    `-u 'link:${input.password}'`,
    `-H 'Content-Type: application/json'`,
    `-d '${JSON.stringify(body).replaceAll("'", String.raw`'\''`)}'`,
  ].join(' \\\n  ');
}
