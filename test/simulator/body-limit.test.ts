import { describe, expect, it } from 'vitest';
import { aBench, json } from './harness.ts';

/** A body whose length is not told: it goes in chunks. */
function inChunks(...texts: string[]): RequestInit {
  const chunks = texts.map((text) => new TextEncoder().encode(text));
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = chunks.shift();
      if (next === undefined) controller.close();
      else controller.enqueue(next);
    },
  });
  const headers = { 'content-type': 'application/json' };
  return { method: 'POST', headers, body, duplex: 'half' };
}

describe.each([true, false])('a body in chunks (over HTTP: %s)', (served) => {
  it('is taken whole', async () => {
    const bench = await aBench({ served });
    const sent = await bench.call('/api/faults', inChunks('{"operation":"rea', 'd","kind":"fa', 'il"}'));
    expect([sent.status, await sent.json()]).toMatchObject([201, { operation: 'read', kind: 'fail' }]);
  });

  it('is refused over 64 KiB', async () => {
    const bench = await aBench({ served });
    const kibibyte = 'a'.repeat(1_024);
    const sent = await bench.call('/api/faults', inChunks(...Array.from({ length: 65 }, () => kibibyte)));
    expect(sent.status).toBe(413);
    expect(await json(bench.call('/api/faults'))).toEqual({ items: [] });
  });
});

it('a DELETE without a body passes over HTTP', async () => {
  const bench = await aBench({ served: true });
  const ended = await bench.call('/api/faults', { method: 'DELETE', body: null });
  expect(ended.status).toBe(204);
});
