import { readFileSync } from 'node:fs';
import { Hono } from 'hono';
import { ASSETS_FOLDER } from '../ui/assets-folder.ts';

/** Every file that is served: a name that is not listed does not exist, whatever it looks like. */
const ASSETS = new Map([
  ['pages.css', 'text/css; charset=utf-8'],
  ['favicon.svg', 'image/svg+xml'],
]);

/** `/assets/*` from the module's own folder, read once. Throws at start when a file is missing. */
export function assetRoutes(): Hono {
  const routes = new Hono();
  const serve = (name: string, contentType: string) => {
    const body = readFileSync(new URL(name, ASSETS_FOLDER), 'utf8');
    return () =>
      new Response(body, {
        headers: { 'Content-Type': contentType, 'Cache-Control': 'public, max-age=3600' },
      });
  };
  for (const [name, contentType] of ASSETS) routes.get(`/assets/${name}`, serve(name, contentType));
  routes.get('/favicon.ico', serve('favicon.svg', 'image/svg+xml'));
  return routes;
}
