/** Partner settings over HTTP, for the command line beside a running process: bearer token, JSON. */
import { Hono, type Context } from 'hono';
import {
  addPartner,
  changePartner,
  type PartnerAnswer,
  type PartnerSettingsDeps,
} from '../../app/partners/partner-settings.ts';
import { limitBody } from '../middleware/body-limit.ts';
import { notFoundProblem, unprocessable } from '../problem.ts';
import { bearer } from './bearer.ts';

export function partnerRoutes(deps: PartnerSettingsDeps & { adminToken: string }): Hono {
  const routes = new Hono().basePath('/api/v1/partners');
  routes.use(bearer(deps.adminToken), limitBody());
  routes.get('/', async (c) => c.json({ items: await deps.settings.listPartners() }));
  routes.post('/', async (c) => answer(c, await addPartner(deps, await bodyOf(c)), 201));
  routes.patch('/:partnerId', async (c) =>
    answer(c, await changePartner(deps, c.req.param('partnerId'), await bodyOf(c)), 200),
  );
  return routes;
}

function bodyOf(c: Context): Promise<unknown> {
  return c.req.json().catch(() => null);
}

function answer(c: Context, given: PartnerAnswer, saved: 200 | 201): Response {
  switch (given.outcome) {
    case 'saved':
      return c.json({ partner: given.partner, warnings: given.warnings }, saved);
    case 'refused':
      return unprocessable(c, 'The partner cannot be saved like this.', { problems: given.problems });
    case 'unknown':
      return notFoundProblem(c, 'There is no such partner.');
  }
}
