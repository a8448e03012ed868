/**
 * Every static file of our pages. All come from this process, never from another host. The address carries a hash of the
 * content, so a browser keeps a file for a year and a new release is a new address.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { Hono, type Context } from 'hono';

interface AssetFile {
  /** `/assets/ui.3f2a91bc04.css` */
  path: string;
  contentType: string;
  body: Buffer<ArrayBuffer>;
  /** null where compressing does not pay */
  gzip: Buffer<ArrayBuffer> | null;
  brotli: Buffer<ArrayBuffer> | null;
}

const CSS = 'text/css; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';
const SVG = 'image/svg+xml';

/** Independent of the working directory. */
const ASSETS_FOLDER = new URL('./assets/', import.meta.url);
const own = (name: string): URL => new URL(name, ASSETS_FOLDER);
const htmx = (name: string): string => createRequire(import.meta.url).resolve(`htmx.org/dist/${name}`);

/** What is served: a name that is not listed does not exist. */
const SOURCES = {
  'ui.css': { file: own('ui.css'), contentType: CSS },
  'customer.css': { file: own('customer.css'), contentType: CSS },
  'live.js': { file: own('live.js'), contentType: SCRIPT },
  'favicon.svg': { file: own('favicon.svg'), contentType: SVG },
  'htmx.js': { file: htmx('htmx.min.js'), contentType: SCRIPT },
  'hx-sse.js': { file: htmx('ext/hx-sse.min.js'), contentType: SCRIPT },
} satisfies Record<string, { file: string | URL; contentType: string }>;

export type AssetName = keyof typeof SOURCES;

/** The default, 11, takes a sixth of the processor time of a start and saves 1.5 KB of 20. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } };

/** Read once. Throws at start when a file is missing. */
const FILES: ReadonlyMap<string, AssetFile> = new Map(
  Object.entries(SOURCES).map(([name, { file, contentType }]) => {
    const body = Buffer.from(readFileSync(file));
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 10);
    const [gzip, brotli] = [gzipSync(body, { level: 9 }), brotliCompressSync(body, BROTLI)];
    const dot = name.lastIndexOf('.');
    return [
      name,
      {
        path: `/assets/${name.slice(0, dot)}.${hash}${name.slice(dot)}`,
        contentType,
        body,
        gzip: smaller(gzip, body),
        brotli: smaller(brotli, body),
      },
    ];
  }),
);

function smaller(compressed: Buffer<ArrayBuffer>, body: Buffer): Buffer<ArrayBuffer> | null {
  return compressed.length < body.length ? compressed : null;
}

export function assetFiles(): ReadonlyMap<string, AssetFile> {
  return FILES;
}

/** The address to put into a page. */
export function assetUrl(name: AssetName): string {
  const file = FILES.get(name);
  if (file === undefined) throw new Error(`there is no asset ${name}`);
  return file.path;
}

const A_YEAR = 'public, max-age=31536000, immutable';
const AN_HOUR = 'public, max-age=3600';

/** `/assets/*`: each file under its hashed address for a year, and under its plain name for an hour. */
export function assetRoutes(): Hono {
  const routes = new Hono();
  for (const [name, file] of assetFiles()) {
    routes.get(file.path, (c) => answer(c, file, A_YEAR));
    routes.get(`/assets/${name}`, (c) => answer(c, file, AN_HOUR));
    if (name === 'favicon.svg') routes.get('/favicon.ico', (c) => answer(c, file, AN_HOUR));
  }
  return routes;
}

/** Compressed once, at start: these files hold no secret, so their size may be known. */
function answer(c: Context, file: AssetFile, cacheControl: string): Response {
  const headers = {
    'Content-Type': file.contentType,
    'Cache-Control': cacheControl,
    Vary: 'Accept-Encoding',
  };
  const accepted = c.req.header('accept-encoding') ?? '';
  if (file.brotli !== null && /\bbr\b/.test(accepted))
    return c.body(file.brotli, 200, { ...headers, 'Content-Encoding': 'br' });
  if (file.gzip !== null && /\bgzip\b/.test(accepted))
    return c.body(file.gzip, 200, { ...headers, 'Content-Encoding': 'gzip' });
  return c.body(file.body, 200, headers);
}
