// Owns: `sms2pay sim ...`: the simulator from the command line, over its HTTP API.
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Config } from '../config/config.ts';
import { demoSecrets } from './demo-secrets.ts';
import { parseDurationSeconds } from './duration.ts';
import { callJson } from './http-json.ts';
import { moCurl } from './mo-curl.ts';
import { findRunning } from './running-file.ts';
import { UsageError } from './usage-error.ts';

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
const clockSchema = z.looseObject({ now: z.string(), fastForwarded: z.number() });
const listOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

const OPTIONS = {
  from: { type: 'string' },
  to: { type: 'string', default: '27222' },
  'print-curl': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

export async function simCommand(args: string[], config: Config, report: Report): Promise<void> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  const [verb, ...rest] = positionals;
  const url = await simulatorUrl(config);
  const print = <T>(answer: T, lines: (answer: T) => string[]): void =>
    report(values.json ? JSON.stringify(answer, null, 2) : lines(answer).join('\n'));
  switch (verb) {
    case 'send': {
      const message = { from: required(values.from, '--from +47...'), to: values.to, text: rest.join(' ') };
      if (values['print-curl']) {
        const secrets = await demoSecrets(config.dataDir);
        return report(moCurl({ url: new URL(url).origin, password: secrets.webhookPassword, ...message }));
      }
      return print(await callJson(`${url}/api/sms`, { method: 'POST', body: message }), () => ['Sent.']);
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
      return print(clockSchema.parse(answer), ({ now, fastForwarded }) => [
        `It is ${now} now; ${fastForwarded} running workflows moved along.`,
      ]);
    }
    case 'events':
      return print(listOf(exchangeSchema).parse(await callJson(`${url}/api/events`)), ({ items }) =>
        items.map(exchangeLine),
      );
    default:
      throw new UsageError('Use: sim send | inbox | payments | approve | reject | expire | later | events');
  }
}

async function simulatorUrl(config: Config): Promise<string> {
  const running = await findRunning(config.dataDir);
  return `${running?.url ?? `http://127.0.0.1:${config.http.port}`}/sim`;
}

function required(value: string | undefined, what: string): string {
  if (value === undefined) throw new UsageError(`Say ${what}`);
  return value;
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
  const { id, provider, status, requestedMinor, capturedMinor, currency } = payment;
  return `${id} ${provider} ${status.padEnd(10)} asked ${requestedMinor}, charged ${capturedMinor} (hundredths of ${currency})`;
}

function exchangeLine(exchange: z.output<typeof exchangeSchema>): string {
  const { at, from, to, method, url, status, durationMs } = exchange;
  return `${at} ${from} -> ${to}  ${method} ${url}  ${status ?? 'no answer'}  ${Math.round(durationMs)} ms`;
}
