// `sms2pay sim ...`: the simulator from the command line, over its HTTP API.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Config, UsageError } from '../config/config.ts';
import { minorToDecimal } from '../domain/money.ts';
import { demoSecrets } from '../main/demo/demo-secrets.ts';
import { callJson } from './http-json.ts';
import { readArgs } from './read-args.ts';
import { findRunning } from '../main/running-file.ts';
import { parseDurationMs } from '../domain/instant.ts';

type Report = (line: string) => void;

const textSchema = z.looseObject({
  id: z.string(),
  direction: z.enum(['in', 'out']),
  from: z.string(),
  to: z.string(),
  text: z.string(),
  at: z.string(),
});
const paymentSchema = z.looseObject({
  id: z.string(),
  provider: z.string(),
  status: z.string(),
  requestedMinor: z.number(),
  capturedMinor: z.number(),
  releasedMinor: z.number(),
  refundedMinor: z.number(),
  currency: z.string(),
  createdAt: z.string(),
});
const exchangeSchema = z.looseObject({
  at: z.string(),
  from: z.string(),
  to: z.string(),
  method: z.string(),
  url: z.string(),
  status: z.number().nullable(),
  durationMs: z.number(),
});
const clockSchema = z.looseObject({ now: z.string() });
const stepSchema = z.looseObject({ now: z.string(), fastForwarded: z.number() });
const sentSchema = z.looseObject({
  delivery: z.object({
    status: z.enum(['pending', 'delivered', 'dropped', 'expired']),
    attempts: z.number(),
  }),
});
const listOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

const OPTIONS = {
  from: { type: 'string' },
  to: { type: 'string', default: '27222' },
  'print-curl': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

const USAGE = `Use: sim send | inbox | payments | approve | reject | expire | later | events, for example
  sim send TEXT --from +47... [--to 27222] [--print-curl]
  sim inbox +47...
  sim later 1h`;

export async function simCommand(args: string[], config: Config, report: Report): Promise<void> {
  const { values, positionals } = readArgs({ args, allowPositionals: true, options: OPTIONS }, USAGE);
  const [verb, ...rest] = positionals;
  const url = await simulatorUrl(config);
  const print = <T>(answer: T, lines: (answer: T) => string[]): void =>
    report(values.json ? JSON.stringify(answer, null, 2) : lines(answer).join('\n'));
  switch (verb) {
    case 'send': {
      const text = required(rest.length === 0 ? undefined : rest.join(' '), 'what to send: a TEXT');
      const message = { from: required(values.from, '--from +47...'), to: values.to, text };
      if (values['print-curl']) return report(await gatewayCurl(url, config, message));
      const sent = await callJson(`${url}/api/sms`, { method: 'POST', body: message });
      return print(sentSchema.parse(sent), ({ delivery }) => [deliveryLine(delivery)]);
    }
    case 'inbox': {
      const query = rest[0] === undefined ? '' : `?msisdn=${encodeURIComponent(rest[0])}`;
      const texts = listOf(textSchema).parse(await callJson(`${url}/api/sms${query}`));
      return print(texts, ({ items }) =>
        items.map(
          ({ at, direction, from, to, text }) => `${at} ${direction.padEnd(3)} ${from} -> ${to}  ${text}`,
        ),
      );
    }
    case 'payments':
      return print(await payments(url), ({ items }) => items.map(paymentLine));
    case 'approve':
    case 'reject':
    case 'expire': {
      const id = rest[0] ?? (await newestPending(url));
      const done = await callJson(`${url}/api/payments/${encodeURIComponent(id)}/${verb}`, {
        method: 'POST',
      });
      return print(done, () => [`${verb}: payment ${id}`]);
    }
    case 'later': {
      const seconds = parseDurationSeconds(rest[0] ?? '');
      if (seconds === null) throw new UsageError('Say how much later: 90s, 10m, 1h or 1d.');
      const answer = await callJson(`${url}/api/clock/advance`, { method: 'POST', body: { seconds } });
      return print(stepSchema.parse(answer), ({ now, fastForwarded }) => [
        `It is ${now} now; ${fastForwarded} running ${fastForwarded === 1 ? 'session' : 'sessions'} moved along.`,
      ]);
    }
    case 'events':
      return print(listOf(exchangeSchema).parse(await callJson(`${url}/api/events`)), ({ items }) =>
        items.map(exchangeLine),
      );
    default:
      throw new UsageError(USAGE);
  }
}

async function simulatorUrl(config: Config): Promise<string> {
  const running = await findRunning(config.dataDir);
  return `${running?.url ?? `http://127.0.0.1:${config.http.port}`}/sim`;
}

function required(value: string | undefined, what: string): string {
  if (value === undefined) throw new UsageError(`Say ${what}\n${USAGE}`);
  return value;
}

/** Stamped by the simulator's clock: by the wall's it would be too old as soon as somebody has moved that. */
async function gatewayCurl(
  url: string,
  config: Config,
  message: { from: string; to: string; text: string },
): Promise<string> {
  const { now } = clockSchema.parse(await callJson(`${url}/api/clock`));
  const { webhookPassword } = await demoSecrets(config.dataDir);
  return moCurl({ url: new URL(url).origin, password: webhookPassword, sentAt: now, ...message });
}

type Delivery = z.output<typeof sentSchema>['delivery'];

function deliveryLine({ status, attempts }: Delivery): string {
  const tries = `${attempts} ${attempts === 1 ? 'try' : 'tries'}`;
  switch (status) {
    case 'delivered':
      return `Sent, and accepted by the webhook (${tries}).`;
    case 'pending':
      return attempts === 0
        ? 'Sent; the webhook has not answered yet. See: sim events'
        : `Sent, but the webhook has not accepted it (${tries} so far; it is tried again). See: sim events`;
    case 'dropped':
      return 'Sent, but lost on the way: a fault of the simulator was set to do so.';
    case 'expired':
      return `Sent, but the webhook never accepted it (given up after ${tries}). See: sim events`;
  }
}

async function payments(url: string) {
  return listOf(paymentSchema).parse(await callJson(`${url}/api/payments`));
}

async function newestPending(url: string): Promise<string> {
  const { items } = await payments(url);
  const waiting = items.filter((payment) => payment.status === 'pending').at(-1);
  if (!waiting) throw new UsageError('No payment waits for an answer.');
  return waiting.id;
}

function paymentLine(payment: z.output<typeof paymentSchema>): string {
  const { id, provider, status, requestedMinor, capturedMinor, releasedMinor, refundedMinor } = payment;
  const parts: [number, string][] = [
    [requestedMinor, 'requested'],
    [capturedMinor, 'charged'],
    [releasedMinor, 'released'],
    ...(refundedMinor > 0 ? [[refundedMinor, 'refunded'] satisfies [number, string]] : []),
  ];
  const amounts = parts.map(([minor, what]) => `${minorToDecimal(minor)} ${payment.currency} ${what}`);
  return `${id} ${provider} ${status.padEnd(10)} ${amounts.join(', ')}`;
}

function exchangeLine(exchange: z.output<typeof exchangeSchema>): string {
  const { at, from, to, method, url, status, durationMs } = exchange;
  return `${at} ${from} -> ${to}  ${method} ${url}  ${status ?? 'no answer'}  ${Math.round(durationMs)} ms`;
}

/** Whole seconds of `90s`, `10m`, `1h`, `1d`; null when it is none of these, or none at all. */
export function parseDurationSeconds(text: string): number | null {
  const durationMs = parseDurationMs(text);
  return durationMs === null || durationMs === 0 ? null : durationMs / 1000;
}

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
