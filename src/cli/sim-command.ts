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
import type { Exchange } from '../simulator/exchanges.ts';
import type { ShownPayment } from '../simulator/payments.ts';
import type { TextRow } from '../simulator/records.ts';

type Report = (line: string) => void;

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
  const running = await findRunning(config.dataDir);
  const url = `${running?.url ?? `http://127.0.0.1:${config.http.port}`}/sim`;
  const call = async <T>(path: string, body?: unknown): Promise<T> =>
    z
      .custom<T>()
      .parse(await callJson(`${url}/api${path}`, body === undefined ? {} : { method: 'POST', body }));
  const payments = (): Promise<{ items: ShownPayment[] }> => call('/payments');
  const print = <T>(answer: T, lines: (answer: T) => string[]): void =>
    report(values.json ? JSON.stringify(answer, null, 2) : lines(answer).join('\n'));
  switch (verb) {
    case 'send': {
      const text = required(rest.length === 0 ? undefined : rest.join(' '), 'what to send: a TEXT');
      const message = { from: required(values.from, '--from +47...'), to: values.to, text };
      if (!values['print-curl'])
        return print(await call<{ delivery: Delivery }>('/sms', message), ({ delivery }) => [
          deliveryLine(delivery),
        ]);
      // Stamped by the simulator's clock: by the wall's it would be too old once that was moved.
      const { now } = await call<{ now: string }>('/clock');
      const { webhookPassword: password } = await demoSecrets(config.dataDir);
      return report(moCurl({ url: new URL(url).origin, password, sentAt: now, ...message }));
    }
    case 'inbox': {
      const query = rest[0] === undefined ? '' : `?msisdn=${encodeURIComponent(rest[0])}`;
      return print(await call<{ items: TextRow[] }>(`/sms${query}`), ({ items }) =>
        items.map(
          ({ at, direction, from, to, text }) => `${at} ${direction.padEnd(3)} ${from} -> ${to}  ${text}`,
        ),
      );
    }
    case 'payments':
      return print(await payments(), ({ items }) => items.map(paymentLine));
    case 'approve':
    case 'reject':
    case 'expire': {
      const id = rest[0] ?? newestPending((await payments()).items);
      const done = await call(`/payments/${encodeURIComponent(id)}/${verb}`, {});
      return print(done, () => [`${verb}: payment ${id}`]);
    }
    case 'later': {
      const seconds = parseDurationSeconds(rest[0] ?? '');
      if (seconds === null) throw new UsageError('Say how much later: 90s, 10m, 1h or 1d.');
      const step = await call<{ now: string; fastForwarded: number }>('/clock/advance', { seconds });
      return print(step, ({ now, fastForwarded }) => [
        `It is ${now} now; ${fastForwarded} running ${fastForwarded === 1 ? 'session' : 'sessions'} moved along.`,
      ]);
    }
    case 'events':
      return print(await call<{ items: Exchange[] }>('/events'), ({ items }) => items.map(exchangeLine));
    default:
      throw new UsageError(USAGE);
  }
}

function required(value: string | undefined, what: string): string {
  if (value === undefined) throw new UsageError(`Say ${what}\n${USAGE}`);
  return value;
}

interface Delivery {
  status: TextRow['state'];
  attempts: number;
}

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

function newestPending(payments: readonly ShownPayment[]): string {
  const waiting = payments.findLast(({ status }) => status === 'pending');
  if (!waiting) throw new UsageError('No payment waits for an answer.');
  return waiting.id;
}

function paymentLine(payment: ShownPayment): string {
  const { id, provider, status, requestedMinor, capturedMinor, releasedMinor, refundedMinor } = payment;
  const amount = (minor: number, what: string): string =>
    `${minorToDecimal(minor)} ${payment.currency} ${what}`;
  const amounts = [
    amount(requestedMinor, 'requested'),
    amount(capturedMinor, 'charged'),
    amount(releasedMinor, 'released'),
    ...(refundedMinor > 0 ? [amount(refundedMinor, 'refunded')] : []),
  ];
  return `${id} ${provider} ${status.padEnd(10)} ${amounts.join(', ')}`;
}

function exchangeLine(exchange: Exchange): string {
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
