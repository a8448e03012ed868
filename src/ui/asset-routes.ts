import { Hono, type Context } from 'hono';
import { assetFiles, type AssetFile } from './asset-files.ts';

const A_YEAR = 'public, max-age=31536000, immutable';
const AN_HOUR = 'public, max-age=3600';

/** `/assets/*`: each file under its hashed address for good, and under its plain name for an hour. */
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
