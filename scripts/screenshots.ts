// `npm run screenshots [-- --all] [-- --into FOLDER] [-- name ...]`: writes each page to docs/screenshots.
// `--all` takes every page in every width, scheme and language, to review after a change of style.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import UPNG from 'upng-js';
import { openChromium } from '../test/support/chromium.ts';
import { SETS, type Scene, type SceneSet, type Variant } from './scenes.ts';

const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1440, height: 900 } };
const LOCALES = { nb: 'nb-NO', en: 'en-GB' };
const ALL_VARIANTS = (['phone', 'desktop'] as const).flatMap((width) =>
  (['light', 'dark'] as const).flatMap((scheme) =>
    (['nb', 'en'] as const).map((language): Variant => ({ width, scheme, language })),
  ),
);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: 'boolean', default: false },
    into: { type: 'string', default: fileURLToPath(new URL('../docs/screenshots', import.meta.url)) },
  },
});

async function takeSet(browser: Browser, set: SceneSet): Promise<void> {
  const scenes = set.scenes.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  if (scenes.length === 0) return;
  const site = await set.open();
  try {
    for (const scene of scenes)
      for (const variant of values.all ? ALL_VARIANTS : scene.variants)
        await take(browser, site.url, { set, scene, variant });
  } finally {
    await site.close();
  }
}

async function take(
  browser: Browser,
  url: string,
  { set, scene, variant }: { set: SceneSet; scene: Scene; variant: Variant },
): Promise<void> {
  const { width, scheme, language } = variant;
  const page = await browser.newPage({
    viewport: SIZES[width],
    colorScheme: scheme,
    locale: LOCALES[language],
    timezoneId: 'Europe/Oslo',
    reducedMotion: 'reduce',
  });
  const file = `${set.name}-${scene.name}-${width}-${scheme}-${language}.png`;
  await page.goto(`${url}${scene.path}`);
  if (scene.ready !== undefined) await page.waitForSelector(scene.ready);
  writeFileSync(join(values.into, file), smaller(await page.screenshot({ fullPage: true })));
  await page.close();
  console.log(file);
}

/** The same picture in 128 colours: less than half the bytes, for a repository that keeps every version of it. */
function smaller(png: Buffer): Buffer {
  const picture = UPNG.decode(new Uint8Array(png).buffer);
  return Buffer.from(UPNG.encode(UPNG.toRGBA8(picture), picture.width, picture.height, 128));
}

mkdirSync(values.into, { recursive: true });
// Otherwise pictures of removed pages would stay.
if (positionals.length === 0)
  for (const file of readdirSync(values.into)) if (file.endsWith('.png')) rmSync(join(values.into, file));
const browser = await openChromium();
try {
  for (const set of SETS) await takeSet(browser, set);
} finally {
  await browser.close();
}
