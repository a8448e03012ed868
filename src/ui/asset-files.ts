/**
 * Every static file of our pages. All come from this process, never from another host. The address carries a hash of the
 * content, so a browser keeps a file for good and a new release is a new address.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { brotliCompressSync, gzipSync } from 'node:zlib';

export interface AssetFile {
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

/** Where the static files lie, whatever the working directory is. */
const ASSETS_FOLDER = new URL('./assets/', import.meta.url);
const own = (name: string): URL => new URL(name, ASSETS_FOLDER);
const htmx = (name: string): string => createRequire(import.meta.url).resolve(`htmx.org/dist/${name}`);

/** What is served: a name that is not listed does not exist, whatever it looks like. */
const SOURCES = {
  'ui.css': { file: own('ui.css'), contentType: CSS },
  'customer.css': { file: own('customer.css'), contentType: CSS },
  'live.js': { file: own('live.js'), contentType: SCRIPT },
  'favicon.svg': { file: own('favicon.svg'), contentType: SVG },
  'htmx.js': { file: htmx('htmx.min.js'), contentType: SCRIPT },
  'hx-sse.js': { file: htmx('ext/hx-sse.min.js'), contentType: SCRIPT },
} satisfies Record<string, { file: string | URL; contentType: string }>;

export type AssetName = keyof typeof SOURCES;

/** Read once. Throws at start when a file is missing. */
const FILES: ReadonlyMap<string, AssetFile> = new Map(
  Object.entries(SOURCES).map(([name, { file, contentType }]) => {
    const body = Buffer.from(readFileSync(file));
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 10);
    const [gzip, brotli] = [gzipSync(body, { level: 9 }), brotliCompressSync(body)];
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
