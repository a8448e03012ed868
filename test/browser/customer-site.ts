// Owns: every state of every customer page, behind one real HTTP server, for the browser tests and the screenshots.
import { listen } from '../../src/main/http-server.ts';
import { addMs, type Instant } from '../../src/domain/instant.ts';
import type { Receipt } from '../../src/ports/receipt-store.ts';
import type { SessionRecord } from '../../src/ports/session-store.ts';
import type { Partner } from '../../src/ports/settings-store.ts';
import { aPartner, apiFixture, aReceipt, aSession, MSISDN } from '../api/api-fixture.ts';

const MINUTE_MS = 60_000;
/** When the pages are looked at: 1 hour, 3 minutes and 20 seconds into every use. */
export const LOOKED_AT: Instant = '2026-11-23T11:03:20.000Z';
const STARTED_AT: Instant = '2026-11-23T10:00:00.000Z';
const ENDED_AT: Instant = '2026-11-23T11:00:30.000Z';

export interface CustomerPage {
  name: string;
  path: string;
}

const tokenOf = (name: string): string => name.padEnd(22, '_').slice(0, 22);

const ACTIVE = { state: 'active', startedAt: STARTED_AT, reservedMinor: 500 } as const;
const ENDED = { ...ACTIVE, endedAt: ENDED_AT, computedMinor: 100 } as const;

/** By name; the name is in the link. */
const SESSIONS: Record<string, Partial<SessionRecord>> = {
  pay: { createdAt: addMs(LOOKED_AT, -MINUTE_MS), serviceReference: 'BAY 7' },
  checking: { createdAt: addMs(LOOKED_AT, -16 * MINUTE_MS) },
  active: { ...ACTIVE, serviceReference: 'BAY 7' },
  'used-up': { ...ACTIVE, startedAt: addMs(LOOKED_AT, -7 * 60 * MINUTE_MS) },
  ended: { ...ENDED, state: 'capturing' },
  charged: {
    ...ENDED,
    state: 'captured',
    capturedMinor: 100,
    releasedMinor: 400,
    releaseSource: 'call',
    serviceReference: 'BAY 7',
  },
  'nothing-charged': { ...ENDED, state: 'released', computedMinor: 0, releaseSource: 'call' },
  declined: { state: 'declined' },
  expired: { state: 'expired' },
  cancelled: { state: 'cancelled' },
};

const SALE = aReceipt(
  { sessionId: 'session-charged', token: tokenOf('receipt'), number: 1041 },
  { releaseSource: 'call' },
);
const CREDIT_NOTE = aReceipt(
  {
    sessionId: 'session-charged',
    token: tokenOf('credit-note'),
    kind: 'creditNote',
    number: 1042,
    issuedAt: '2026-11-24T08:12:00.000Z',
  },
  { grossMinor: 60, netMinor: 48, vatMinor: 12 },
);

/** Each page that a customer can see, in each of its states. */
export const CUSTOMER_PAGES: readonly CustomerPage[] = [
  ...Object.keys(SESSIONS).map((name) => ({ name, path: `/p/${tokenOf(name)}` })),
  { name: 'confirm-stop', path: `/p/${tokenOf('active')}/stop` },
  { name: 'receipt', path: `/r/${tokenOf('receipt')}` },
  { name: 'credit-note', path: `/r/${tokenOf('credit-note')}` },
  { name: 'not-found', path: '/p/nothing-of-ours' },
];

export function pathOf(name: string): string {
  const page = CUSTOMER_PAGES.find((candidate) => candidate.name === name);
  if (!page) throw new Error(`no page ${name}`);
  return page.path;
}

export interface SiteOptions {
  partner?: Partial<Partner>;
  /** on top of every session */
  session?: Partial<SessionRecord>;
  receipt?: Partial<Receipt['data']>;
}

/** The whole API over fakes, with real pages and real HTTP. `session(name)` is the record, to be changed as by its workflow. */
export async function openCustomerSite(options: SiteOptions = {}) {
  const sessions = Object.entries(SESSIONS).map(([name, overrides]) =>
    aSession({
      ...overrides,
      sessionId: `session-${name}`,
      linkToken: tokenOf(name),
      ...options.session,
    }),
  );
  const receipts = [SALE, CREDIT_NOTE].map((receipt) => ({
    ...receipt,
    data: { ...receipt.data, ...options.receipt },
  }));
  const fixture = apiFixture({ partner: aPartner(options.partner), sessions, receipts });
  fixture.clock.at = LOOKED_AT;
  for (const { sessionId } of sessions) fixture.workflows.run(sessionId);
  fixture.inbox.holdSlot('session-active', { msisdn: MSISDN, serviceId: 'service-1' });
  const server = await listen({ host: '127.0.0.1', port: 0, portGiven: false }, (request) =>
    fixture.app.fetch(request),
  );
  return {
    ...fixture,
    url: server.url,
    session: (name: string): SessionRecord => {
      const session = sessions.find(({ sessionId }) => sessionId === `session-${name}`);
      if (!session) throw new Error(`no session ${name}`);
      return session;
    },
    /** The sale of a session's capture, as if it had just been issued. */
    addReceipt: (name: string): void => {
      receipts.push({ ...SALE, sessionId: `session-${name}`, token: tokenOf(`receipt-${name}`) });
    },
    close: () => server.close(),
  };
}

export type CustomerSite = Awaited<ReturnType<typeof openCustomerSite>>;
