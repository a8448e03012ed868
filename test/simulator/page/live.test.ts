import { expect, it, onTestFinished } from 'vitest';
import { aBench, aPayment, aSend, type Bench, sendText } from '../harness.ts';

interface Message {
  event: string | null;
  data: string;
}

/** An open page: what it receives, one message at a time. */
async function open(bench: Bench, query = '') {
  const answer = await bench.call(`/page/live${query}`);
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) throw new Error('there is no stream');
  onTestFinished(() => reader.cancel());
  let buffer = '';
  const next = async (): Promise<Message | null> => {
    while (!buffer.includes('\n\n')) {
      const { done, value } = await reader.read();
      if (done) return null;
      buffer += value;
    }
    const [message = ''] = buffer.split('\n\n', 1);
    buffer = buffer.slice(message.length + 2);
    const lines = message.split('\n');
    const of = (name: string) =>
      lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
    return { event: of('event')[0] ?? null, data: of('data').join('\n') };
  };
  return { next, cancel: () => reader.cancel() };
}

const partsIn = (message: Message | null) =>
  [...(message?.data ?? '').matchAll(/hx-target="#([\w-]+)"/g)].map((match) => match[1]);

it('first says that it is connected, then sends every part of the page', async () => {
  const live = await open(await aBench());
  expect(await live.next()).toEqual({ event: 'connected', data: '' });
  expect(partsIn(await live.next())).toEqual([
    'tour',
    'clock',
    'texts',
    'wallet',
    'waiting',
    'session',
    'faults',
    'log-session',
  ]);
});

it('then sends each new line of the log, and only the parts that have changed', async () => {
  const bench = await aBench();
  const live = await open(bench);
  await live.next();
  await live.next();
  await aPayment(bench, { msisdn: '+4790000001' });
  const entries = await live.next();
  expect(entries?.event).toBe('entries');
  expect(JSON.parse(entries?.data ?? '')).toMatchObject([{ what: 'POST /api/pre-transactions' }]);
  expect(partsIn(await live.next())).toEqual(['wallet', 'waiting']);
});

it('puts texts of several lines into one message, and shows markup as text', async () => {
  const bench = await aBench();
  await sendText(
    bench,
    aSend({ userData: 'one\n\n<hx-partial hx-target="#tour">two</hx-partial>\n\nevent: x' }),
  );
  const live = await open(bench);
  await live.next();
  const message = await live.next();
  expect(message?.data).toContain('one\n\n&lt;hx-partial hx-target=&quot;#tour&quot;&gt;two');
});

it('shows the phone that is asked for', async () => {
  const bench = await aBench();
  await bench.post('/api/sms', { from: '+4790000002', to: '27222', text: 'Mine alone' });
  const other = await open(bench);
  await other.next();
  expect((await other.next())?.data).not.toContain('Mine alone');
});

it('ends when the simulator closes, and when the browser goes', async () => {
  const bench = await aBench();
  const gone = await open(bench);
  await gone.next();
  await gone.cancel();
  const live = await open(bench);
  await live.next();
  await live.next();
  await bench.simulator.close();
  expect(await live.next()).toBeNull();
});
