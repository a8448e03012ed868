import decode from 'jsqr';
import { describe, expect, it } from 'vitest';
import type { ServiceShown } from '../../../src/simulator/sms2pay.ts';
import { aBench } from '../harness.ts';

const service: ServiceShown = {
  serviceId: 'bay 7',
  name: '<b>Lading</b>',
  partnerName: 'Fjord & Co',
  shortNumber: '27222',
  startWord: 'LADE ÅTTE',
  endWord: 'STOPP',
  language: 'nb',
  price: { nb: '1 kr per påbegynt time', en: 'NOK 1 per started hour' },
  reservation: { nb: '5 kr', en: 'NOK 5' },
};
const aSignBench = () =>
  aBench({
    sms2pay: {
      sessions: () => Promise.resolve([]),
      services: () => Promise.resolve([service]),
      limitOf: () => Promise.resolve(null),
    },
  });

/** The code as a camera sees it: four grey-free pixels a module. */
function scanned(html: string): string | null {
  const size = Number(/sim-qr" viewBox="0 0 (\d+) /.exec(html)?.[1]);
  const path = /<path d="(M[^"]*)" fill="#000"/.exec(html)?.[1] ?? '';
  const scale = 4;
  const side = size * scale;
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1v1h-1z/g))
    for (let dy = 0; dy < scale; dy += 1)
      for (let dx = 0; dx < scale; dx += 1) {
        const at = ((Number(y) * scale + dy) * side + Number(x) * scale + dx) * 4;
        pixels.fill(0, at, at + 3);
      }
  return decode.default(pixels, side, side)?.data ?? null;
}

describe('the sign of a service', () => {
  it('has a code that makes a ready text, the price in words and the end word', async () => {
    const html = await (await (await aSignBench()).call('/signs/bay%207')).text();
    expect(scanned(html)).toBe('sms:27222?body=LADE%20%C3%85TTE');
    expect(html).toContain('<html lang="nb">');
    expect(html).toContain('1 kr per påbegynt time');
    expect(html).toContain('Ferdig? Send STOPP');
    expect(html).toContain('5 kr reserveres');
    expect(html).toContain('&lt;b&gt;Lading&lt;/b&gt;');
    expect(html).toContain('href="/sim?compose=LADE%20%C3%85TTE"');
  });

  it('speaks English too, and is found in the list', async () => {
    const bench = await aSignBench();
    const html = await (await bench.call('/signs/bay%207?lang=en')).text();
    expect(html).toContain('NOK 1 per started hour');
    expect(html).toContain('Done? Text STOPP');
    expect(await (await bench.call('/signs')).text()).toContain('href="/sim/signs/bay%207"');
    expect((await bench.call('/signs/none')).status).toBe(404);
  });
});
