// The static files: from us alone, kept by the browser for as long as their content stays, small on the wire.
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { assetFiles, assetRoutes, assetUrl } from '../../src/ui/assets.ts';

const NAMES = [...assetFiles().keys()];
const request = (path: string, encoding = '') =>
  assetRoutes().request(path, { headers: { 'accept-encoding': encoding } });

test('an address carries a hash of the content, and what is behind it is kept for good', async () => {
  expect(assetUrl('ui.css')).toMatch(/^\/assets\/ui\.[0-9a-f]{10}\.css$/);
  const hashed = await request(assetUrl('ui.css'));
  expect(hashed.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  const plain = await request('/assets/ui.css');
  expect(plain.headers.get('cache-control')).toBe('public, max-age=3600');
  expect(await plain.text()).toBe(await hashed.text());
});

test('the address of another content does not exist', async () => {
  expect((await request('/assets/ui.0000000000.css')).status).toBe(404);
});

test.each(NAMES)('%s is the same file however it is compressed', async (name) => {
  const body = Buffer.from(await (await request(`/assets/${name}`)).arrayBuffer());
  const gzip = await request(`/assets/${name}`, 'gzip, deflate');
  const brotli = await request(`/assets/${name}`, 'gzip, deflate, br');
  expect(gzip.headers.get('vary')).toBe('Accept-Encoding');
  if (gzip.headers.get('content-encoding') === 'gzip')
    expect(gunzipSync(await gzip.arrayBuffer()).equals(body)).toBe(true);
  if (brotli.headers.get('content-encoding') === 'br')
    expect(brotliDecompressSync(await brotli.arrayBuffer()).equals(body)).toBe(true);
});

test('style and scripts are compressed', async () => {
  for (const name of NAMES.filter((candidate) => /\.(css|js)$/.test(candidate)))
    expect((await request(`/assets/${name}`, 'br')).headers.get('content-encoding'), name).toBe('br');
});

test('no style sheet asks another host for anything', async () => {
  for (const name of NAMES.filter((candidate) => candidate.endsWith('.css')))
    expect(await (await request(`/assets/${name}`)).text(), name).not.toMatch(/url\(|@import|https?:/);
});
