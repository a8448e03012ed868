import { type Context, Hono } from 'hono';
import { isBasic } from '../../secrets.ts';
import type { SimulatorParts } from '../../parts.ts';
import type { Gateway } from './gateway.ts';
import { LINK_CODES, type LinkRefusal, parseSend, refuseSend, type SendRequest } from './messages.ts';
import type { LinkAccount } from '../../options.ts';
import { jsonOf } from '../../problem.ts';
import type { VendorEnv } from '../../recording.ts';
import { disturbed, type ForcedAnswers } from '../../request-faults.ts';

interface Parts extends SimulatorParts {
  gateway: Gateway;
  link: LinkAccount;
  shortNumber: string;
}

const BAD_AUTHENTICATION: LinkRefusal = {
  http: 401,
  code: LINK_CODES.badAuthentication,
  description: 'Bad authentication',
};
const RESULT_QUEUED = { resultCode: 1005, description: 'Queued' } as const;

const FORCED: ForcedAnswers = {
  unavailable: (c) => refuse(c, { http: 503, code: LINK_CODES.unknown, description: 'Unavailable (TEST)' }),
  refused: (c) => refuse(c, { http: 400, code: LINK_CODES.unknown, description: 'Refused (TEST)' }),
  unauthorized: (c) => refuse(c, BAD_AUTHENTICATION),
  rateLimited: (c, waitSeconds) => {
    c.header('retry-after', String(waitSeconds));
    return refuse(c, { http: 429, code: LINK_CODES.unknown, description: 'Too many requests (TEST)' });
  },
};

/** Stand-in of LINK Mobility's "Common" SMS REST API: sending. */
export function linkRoutes(parts: Parts): Hono<VendorEnv> {
  const app = new Hono<VendorEnv>();
  app.use('/sms/*', async (c, next) => {
    const { username, password } = parts.link;
    if (!isBasic(c.req.header('authorization'), username, password)) return refuse(c, BAD_AUTHENTICATION);
    await next();
    return undefined;
  });
  app.post(
    '/sms/send',
    disturbed(parts, 'send', FORCED, (c) => send(parts, c)),
  );
  return app;
}

async function send(parts: Parts, c: Context<VendorEnv>): Promise<Response> {
  const checked = await checkedRequest(parts, c);
  if ('refusal' in checked) return refuse(c, checked.refusal);
  const { request } = checked;
  const sent = parts.gateway.toPhone(request);
  if (request.ignoreResponse) return c.body(null, 204);
  const smsCount = request.customParameters['replySmsCount'] === 'true' ? { smsCount: sent.segments } : {};
  return c.json({ messageId: sent.messageId, ...RESULT_QUEUED, ...smsCount });
}

async function checkedRequest(
  parts: Parts,
  c: Context<VendorEnv>,
): Promise<{ request: SendRequest } | { refusal: LinkRefusal }> {
  const malformed = (description: string): { refusal: LinkRefusal } => ({
    refusal: { http: 400, code: LINK_CODES.unknown, description },
  });
  const body = await jsonOf(c);
  if (body === undefined) return malformed('The body is not JSON, or not declared as application/json');
  const parsed = parseSend(body);
  if (!parsed.ok) return malformed(parsed.why);
  const account = { ...parts.link, shortNumber: parts.shortNumber };
  const refusal = refuseSend(parsed.request, account);
  return refusal === null ? { request: parsed.request } : { refusal };
}

function refuse(c: Context<VendorEnv>, refusal: LinkRefusal): Response {
  const { http, code, description } = refusal;
  return c.json({ status: code, description, translatedDescription: null }, http);
}
