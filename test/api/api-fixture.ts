import type { ApiStores, AppDeps } from '../../src/api/api-deps.ts';
import type { PaymentOwner } from '../../src/ports/money-store.ts';
import { createApp } from '../../src/api/app.ts';
import type { HttpLimits } from '../../src/api/limit-addresses.ts';
import { createPaycoreCallbacks } from '../../src/adapters/payment/paycore/callbacks.ts';
import { createTariffPricing } from '../../src/adapters/pricing/tariff-pricing.ts';
import { createLinkGateway } from '../../src/adapters/sms/link/gateway.ts';
import { Dispatcher } from '../../src/app/inbox/dispatcher.ts';
import type { Instant } from '../../src/domain/instant.ts';
import { REFERENCE_TARIFF } from '../../src/domain/tariff.ts';
import type { LogFields, Logger } from '../../src/ports/logger.ts';
import type { Receipt } from '../../src/ports/receipt-store.ts';
import type { SessionRecord } from '../../src/ports/session-store.ts';
import type { Partner, Service } from '../../src/ports/settings-store.ts';
import type { DeliveryReport } from '../../src/ports/sms-gateway.ts';
import { MemoryInbox } from '../support/memory-inbox.ts';
import { FakeWorkflows } from './fake-workflows.ts';

export const NOW: Instant = '2026-11-23T10:00:00.000Z';
export const MSISDN = '4790000001';
export const LINK_TOKEN = 'abcdefghijklmnopqrst-1';
/** how the references of this installation's payments begin, after `s2p` */
export const INSTALLATION = 'a1b2c3d4';
export const RECEIPT_TOKEN = 'receipt_abcdefghijklm1';
export const LINK_AUTH = `Basic ${btoa('gate:gate-secret')}`;
export const PAYCORE_AUTH = `Basic ${btoa('paycore:callback-secret')}`;

/** Too many to be met by chance. */
export const LIMITS: HttpLimits = {
  pageViewsPerMinute: 10_000,
  wrongLinksPerMinute: 10_000,
  opensPerMinute: 10_000,
  failedLoginsPerMinute: 10_000,
  callbacksPerMinute: 10_000,
};

/** Collects what is logged, to be searched for what must not be there. */
export class MemoryLog implements Logger {
  readonly events: (LogFields & { level: string })[] = [];
  info = (fields: LogFields) => this.#add('info', fields);
  warn = (fields: LogFields) => this.#add('warn', fields);
  error = (fields: LogFields) => this.#add('error', fields);

  named(event: string) {
    return this.events.filter((logged) => logged['event'] === event);
  }

  text(): string {
    return JSON.stringify(this.events);
  }

  #add(level: string, fields: LogFields): void {
    this.events.push({ level, ...fields });
  }
}

export function aPartner(overrides: Partial<Partner> = {}): Partner {
  return {
    partnerId: 'partner-1',
    name: 'Fjord Bikes AS',
    organisationNumber: '999888777',
    provider: 'paycore',
    timeZone: 'Europe/Oslo',
    language: 'nb',
    receiptSmsOn: true,
    receiptSmsText: 'Thank you',
    termsUrl: 'https://fjord.example/terms',
    privacyUrl: 'https://fjord.example/privacy',
    ...overrides,
  };
}

export function aService(overrides: Partial<Service> = {}): Service {
  return {
    serviceId: 'service-1',
    partnerId: 'partner-1',
    name: 'Bike hire',
    currency: 'NOK',
    reservationMinor: 500,
    tariff: REFERENCE_TARIFF,
    vatBasisPoints: 2500,
    linkLifeMs: 15 * 60_000,
    sessionLimitMs: 24 * 3_600_000,
    warningBeforeLimitMs: 30 * 60_000,
    whenUsedUp: 'continue',
    ...overrides,
  };
}

/** A session that waits for approval of 5 NOK, begun at NOW; its link lives 15 minutes. */
export function aSession(overrides: Partial<SessionRecord> = {}): SessionRecord {
  const { name: _name, ...terms } = aService();
  return {
    sessionId: 'session-a',
    revision: 1,
    state: 'awaitingApproval',
    transactionId: null,
    startedAt: null,
    endedAt: null,
    reservedMinor: 0,
    computedMinor: null,
    capturedMinor: 0,
    releasedMinor: 0,
    releaseSource: null,
    shortfallMinor: 0,
    refundedMinor: 0,
    attention: [],
    nextDueAt: null,
    paymentPageUrl: null,
    paymentPageExpiresAt: null,
    partnerId: 'partner-1',
    serviceId: 'service-1',
    subscriberId: 'subscriber-1',
    gateway: 'link',
    shortNumber: '27222',
    language: 'nb',
    terms: {
      ...terms,
      provider: 'paycore',
      payment: {
        release: 'unknown',
        abandon: false,
        paymentOnOpen: false,
        paymentLifeMs: null,
        minimumCaptureMinor: 0,
        captureDeadlineMs: 7 * 24 * 3_600_000,
      },
    },
    serviceReference: null,
    linkToken: LINK_TOKEN,
    createdAt: NOW,
    ...overrides,
  };
}

/** The sale after one hour of the reference flow: 1 of 5 NOK charged, the rest only assumed to be released. */
export function aReceipt(overrides: Partial<Receipt> = {}, data: Partial<Receipt['data']> = {}): Receipt {
  return {
    receiptId: 'receipt-1',
    partnerId: 'partner-1',
    sessionId: 'session-a',
    operationId: 'session-a-capture-1',
    kind: 'sale',
    number: 41,
    token: RECEIPT_TOKEN,
    issuedAt: '2026-11-23T11:00:45.000Z',
    data: {
      merchantName: 'Fjord Bikes AS',
      organisationNumber: '999888777',
      serviceName: 'Bike hire',
      serviceReference: 'BAY 7',
      startedAt: '2026-11-23T10:00:00.000Z',
      endedAt: '2026-11-23T11:00:30.000Z',
      timeZone: 'Europe/Oslo',
      language: 'nb',
      currency: 'NOK',
      tariff: REFERENCE_TARIFF,
      vatBasisPoints: 2500,
      netMinor: 80,
      vatMinor: 20,
      grossMinor: 100,
      reservedMinor: 500,
      capturedMinor: 100,
      releasedMinor: 400,
      releaseSource: 'assumed',
      shortfallMinor: 0,
      ...data,
    },
    ...overrides,
  };
}

export interface ApiFixtureOptions {
  partner?: Partner;
  sessions?: SessionRecord[];
  receipts?: Receipt[];
  /** open ones */
  tasks?: Parameters<ApiStores['attention']['raise']>[0][];
  /** what the API is given beside the fakes */
  deps?: Partial<AppDeps>;
}

/** The whole API over fakes and the real LINK and Paycore webhook parsers. */
export function apiFixture(options: ApiFixtureOptions = {}) {
  const inbox = new MemoryInbox({
    '27222': [
      { keyword: 'CHARGE', serviceId: 'service-1', action: 'start' },
      { keyword: 'ENDCHARGE', serviceId: 'service-1', action: 'end' },
      { keyword: 'BOAT', serviceId: 'service-2', action: 'start' },
    ],
  });
  const workflows = new FakeWorkflows();
  const log = new MemoryLog();
  const clock = { at: NOW, now: () => clock.at };
  const background: Promise<void>[] = [];
  const { stores, deliveries, tokensLookedUp, tasks, owner } = memoryStores(inbox, options);
  const attention = { raise: stores.attention.raise };
  const dispatcher = new Dispatcher({ inbox, attention, workflows, clock, log });
  const deps: AppDeps = {
    stores,
    clock,
    pricing: createTariffPricing(),
    workflows,
    dispatcher,
    gateways: { link: linkGateway() },
    callbacks: {
      paycore: createPaycoreCallbacks({
        callbackUsername: 'paycore',
        callbackPassword: 'callback-secret',
      }),
    },
    publicUrl: () => 'https://pay.example/',
    log,
    limits: LIMITS,
    trustedProxies: [],
    ready: () => Promise.resolve({ database: 'ok', temporal: 'ok' }),
    proofs: (challenge) => [`proof of ${challenge}`],
    answerTimeoutMs: 0,
    inBackground: (work) => background.push(work),
    ...options.deps,
  };
  const app = createApp(deps);
  const request = app.request.bind(app);
  // What is dispatched behind the answer is done when a test goes on.
  app.request = async (...args: Parameters<typeof request>) => {
    const response = await request(...args);
    if (workflows.gate === null) await dispatcher.idle();
    return response;
  };
  return {
    app,
    deps,
    dispatcher,
    inbox,
    workflows,
    log,
    clock,
    background,
    deliveries,
    tokensLookedUp,
    tasks,
    owner,
  };
}

function linkGateway() {
  return createLinkGateway({
    baseUrl: 'http://link.invalid',
    username: 'u',
    password: 'p',
    platformId: 'platform',
    platformPartnerId: 'partner',
    deliveryGateId: null,
    webhookUsername: 'gate',
    webhookPassword: 'gate-secret',
    timeoutMs: 1000,
  });
}

function memoryStores(inbox: MemoryInbox, options: ApiFixtureOptions) {
  const { partner = aPartner(), sessions = [], receipts = [] } = options;
  const service = aService();
  const deliveries: DeliveryReport[] = [];
  const tokensLookedUp: string[] = [];
  /** of the payment `tx-1` */
  const owner: PaymentOwner = { sessionId: 'session-a', isApprovalAwaited: true, isFinal: false };
  const tasks: Parameters<ApiStores['attention']['raise']>[0][] = [...(options.tasks ?? [])];
  const failWhenDown = () => {
    if (inbox.down) throw new Error('connect ECONNREFUSED');
  };
  const stores: ApiStores = {
    inbox,
    outbox: {
      async recordDelivery(_gateway, report) {
        failWhenDown();
        deliveries.push(report);
        return report.outboundId === 'session-a-paymentLink-1';
      },
    },
    money: {
      async findSessionOfPayment({ providerReference }) {
        failWhenDown();
        return providerReference === 'tx-1' ? { ...owner } : null;
      },
      async findPaymentOwner(sessionId) {
        failWhenDown();
        return sessionId === owner.sessionId ? { ...owner } : null;
      },
    },
    ledger: { installationId: async () => INSTALLATION },
    attention: {
      async raise(task) {
        const raised = !tasks.some(
          ({ subject, reason }) => subject === task.subject && reason === task.reason,
        );
        if (raised) tasks.push(task);
        return { raised };
      },
      list: async ({ sessionIds }) =>
        tasks
          .filter(({ sessionId }) => sessionId !== null && sessionIds?.includes(sessionId))
          .map((task) => ({ ...task, raisedAt: NOW, lastSeenAt: NOW, clearedAt: null, clearedBy: null })),
    },
    sessions: {
      async findByLinkToken(token) {
        failWhenDown();
        tokensLookedUp.push(token);
        return sessions.find(({ linkToken }) => linkToken === token) ?? null;
      },
    },
    receipts: {
      async findByToken(token) {
        tokensLookedUp.push(token);
        return receipts.find((receipt) => receipt.token === token) ?? null;
      },
      listForSession: async (sessionId) => receipts.filter((receipt) => receipt.sessionId === sessionId),
    },
    settings: {
      findOffer: async ({ serviceId }) =>
        serviceId === service.serviceId
          ? { serviceName: service.name, partner, words: { startWord: 'CHARGE', endWord: 'ENDCHARGE' } }
          : null,
    },
  };
  return { stores, deliveries, tokensLookedUp, tasks, owner };
}

/** LINK's MO as JSON (MO 1.7). */
export function moBody(messageId: string, text: string, overrides: Record<string, unknown> = {}): string {
  return JSON.stringify({
    destination: 'NO-27222',
    source: `+${MSISDN}`,
    content: { type: 'SMS', userData: text, encoding: 'TEXT' },
    timestamp: NOW,
    messageId,
    ...overrides,
  });
}

export function postJson(body: string, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', authorization: LINK_AUTH, ...headers },
  };
}
