import { type Context, Hono } from 'hono';
import { FIRST_TRY_WITHIN_MS, MAX_TEXT_LENGTH, phoneSchema } from '../api.ts';
import { MIN_STEP_SECONDS } from '../clock.ts';
import { mountPathOf } from '../recording.ts';
import { digitsOf } from '../store.ts';
import { EntryDetail } from './entry-detail.tsx';
import { turnSwitch } from './fault-switches.ts';
import { type LiveNews, livePage } from './live.tsx';
import { SimulatorPage } from './page.tsx';
import { partial } from './test-page.tsx';
import { chosenPhone, phoneKey } from './phones.ts';
import { segmentsText } from './phone-pane.tsx';
import { traceOf, viewOf, type PageParts } from './view.ts';

const NOTICE_TEXTS = {
  number: 'That is not a phone number with country code, like +47 900 00 002.',
  payment: 'That payment could not be changed: see its status.',
  clock: 'The clock could not be moved: the workflow server cannot skip time.',
  behind: 'The clock moved, but not every session could follow in time. Reload the page in a moment.',
  limit: 'There is no limit to go to: no session of this phone is waiting or in use.',
} as const;
type NoticeName = keyof typeof NOTICE_TEXTS;

/** The simulator in a browser. */
export function simulatorPage(parts: PageParts) {
  return async (c: Context) => {
    const canonical = canonicalAddress(parts.baseUrl(), c);
    if (canonical !== null) return c.redirect(canonical, 302);
    const name = c.req.query('notice') ?? '';
    const notice = Object.hasOwn(NOTICE_TEXTS, name) ? <Notice name={name as NoticeName} /> : '';
    const compose = (c.req.query('compose') ?? '').slice(0, MAX_TEXT_LENGTH);
    const view = await viewOf(parts, c.req.query('phone'));
    return c.html(<SimulatorPage view={view} notice={notice} compose={compose} />, 200, {
      'Cache-Control': 'no-store',
    });
  };
}

/** `localhost` and `127.0.0.1` are two sites to a browser, and the pages the phone opens are framed by their own only. */
function canonicalAddress(baseUrl: string, c: Context): string | null {
  const called = new URL(c.req.url);
  const base = new URL(baseUrl);
  const loopback = ['localhost', '127.0.0.1', '[::1]'];
  if (called.host === base.host || called.port !== base.port) return null;
  if (!loopback.includes(called.hostname) || !loopback.includes(base.hostname)) return null;
  return `${baseUrl}${called.search}`;
}

function Notice({ name }: { name: NoticeName }) {
  return <p class="ui-notice ui-tone-warn">{NOTICE_TEXTS[name]}</p>;
}

/** What the page requests and posts: forms that work by themselves, and fragments for htmx. */
export function pageRoutes(parts: PageParts, news: LiveNews): Hono {
  const app = new Hono();
  phoneForms(app, parts);
  walletForms(app, parts);
  clockForm(app, parts);
  logRoutes(app, parts);
  app.get('/live', livePage(parts, news));
  app.post('/faults/:name', async (c) => {
    const { on, phone } = fields(await c.req.parseBody());
    return turnSwitch(parts, c.req.param('name'), on === 'on') ? done(parts, c, phone) : c.notFound();
  });
  return app;
}

function phoneForms(app: Hono, parts: PageParts): void {
  const { store, gateway, deliveries, shortNumber } = parts;
  app.post('/phones', async (c) => {
    const { phone } = fields(await c.req.parseBody());
    const number = phoneSchema.safeParse(phone);
    if (!number.success) return done(parts, c, undefined, 'number');
    const id = digitsOf(number.data);
    store.commit({ table: 'phone', put: { id, number: number.data } });
    return done(parts, c, phoneKey(id));
  });
  app.post('/sms', async (c) => {
    const { phone, text = '' } = fields(await c.req.parseBody());
    const from = chosenPhone(store, phone).number;
    if (text === '' || text.length > MAX_TEXT_LENGTH) return done(parts, c, phone);
    const sent = gateway.fromPhone({ from, to: shortNumber, text });
    await deliveries.firstTry(sent.deliveryId, FIRST_TRY_WITHIN_MS);
    return done(parts, c, phone);
  });
  app.post('/segments', async (c) => {
    const { text = '' } = fields(await c.req.parseBody());
    return c.html(text === '' ? 'Any words you like.' : segmentsText(text));
  });
}

function walletForms(app: Hono, parts: PageParts): void {
  for (const action of ['approve', 'reject', 'expire'] as const) {
    app.post(`/payments/:id/${action}`, async (c) => {
      const { phone } = fields(await c.req.parseBody());
      const outcome = parts.payments.decide(c.req.param('id') ?? '', action);
      return done(parts, c, phone, outcome.ok ? null : 'payment');
    });
  }
}

const MAX_STEP_SECONDS = 366 * 86_400;
const STEP_NOTICES = { advanced: null, unsupported: 'clock', failed: 'behind' } as const;

function clockForm(app: Hono, parts: PageParts): void {
  app.post('/later', async (c) => {
    const { by, phone } = fields(await c.req.parseBody());
    const seconds = by === 'limit' ? await secondsToLimit(parts, phone) : Number(by);
    if (!(seconds >= MIN_STEP_SECONDS && seconds <= MAX_STEP_SECONDS)) return done(parts, c, phone, 'limit');
    const { kind } = await parts.clockSteps.advance(seconds);
    return done(parts, c, phone, STEP_NOTICES[kind]);
  });
}

/** Until just past the moment; 0 when there is none. */
async function secondsToLimit(
  { store, clock, sms2pay }: PageParts,
  key: string | undefined,
): Promise<number> {
  const { digits } = chosenPhone(store, key);
  const session = (await sms2pay?.sessions(clock.now()))?.find(({ phone }) => phone === digits);
  const limit = session === undefined ? null : await sms2pay?.limitOf(session.sessionId).catch(() => null);
  return limit == null ? 0 : Math.ceil((Date.parse(limit) - clock.nowMs()) / 1_000) + 1;
}

function logRoutes(app: Hono, { log, sms2pay, clock }: PageParts): void {
  app.get('/log', (c) => c.json({ items: log.all().map(({ entry }) => entry) }));
  app.get('/log/:sessionId', async (c) => {
    const sessions = (await sms2pay?.sessions(clock.now())) ?? [];
    const session = sessions.find(({ sessionId }) => sessionId === c.req.param('sessionId'));
    if (session === undefined) return c.notFound();
    return c.json({ keys: log.ofSession(traceOf(session)).map(({ entry }) => entry.key) });
  });
  app.get('/entries/:key', (c) => {
    const found = log.find(c.req.param('key'));
    return found === null
      ? c.html(<p class="sim-empty">That call is no longer kept.</p>, 404)
      : c.html(<EntryDetail {...found} />);
  });
}

/** The texts of a form; a file or a repeated field is none. */
function fields(body: Record<string, unknown>): Partial<Record<string, string>> {
  const isText = (entry: [string, unknown]): entry is [string, string] => typeof entry[1] === 'string';
  return Object.fromEntries(Object.entries(body).filter(isText));
}

/** For htmx the notice alone: the rest of the page changes by itself. For a plain form the page again. */
async function done(
  parts: PageParts,
  c: Context,
  phone: string | undefined,
  notice: NoticeName | null = null,
): Promise<Response> {
  if (c.req.header('hx-request') === 'true') {
    return c.html(await partial('notice', 'innerHTML', notice === null ? '' : <Notice name={notice} />));
  }
  const query = new URLSearchParams({
    ...(phone === undefined ? {} : { phone }),
    ...(notice === null ? {} : { notice }),
  });
  return c.redirect(`${mountPathOf(parts.baseUrl())}${query.size > 0 ? `?${query.toString()}` : ''}`, 303);
}
