// What the simulator's page shows of sms2pay's own side: sessions, services, limits. In the demo only.
import type { Client } from '@temporalio/client';
import { instantMs } from '../../domain/instant.ts';
import { formatPrice } from '../../domain/money.ts';
import { describeTariff } from '../../domain/tariff-words.ts';
import { priceUsage } from '../../domain/tariff.ts';
import type { SessionRecord } from '../../ports/session-store.ts';
import type { Stores } from '../../ports/stores.ts';
import type { ServiceShown, SessionShown, Sms2pay } from '../../simulator/sms2pay.ts';
import { chargeSessionWorkflowId, sessionStateQuery } from '../../workflows/contract.ts';

const SHOWN_SESSIONS = 100;
const QUERY_LIMIT_MS = 5_000;
/** An open page polls several times a second, and settings hardly ever change. */
const SETTINGS_KEPT_MS = 2_000;
/** The number the simulator's phones write to, at the gateway it stands in for. */
export const DEMO_NUMBER = { gateway: 'link', shortNumber: '27222' };

interface Parts {
  stores: Stores;
  client: Client;
  temporal: { uiUrl: string | null; namespace: string };
}

export function createDemoView(parts: Parts): Sms2pay {
  const numbers = new Map<string, string>();
  const services = keptFor(SETTINGS_KEPT_MS, () => servicesOf(parts.stores));
  return {
    sessions: async (now) => {
      const records = await parts.stores.sessions.list({ limit: SHOWN_SESSIONS });
      const names = new Map((await services()).map(({ serviceId, name }) => [serviceId, name]));
      return await Promise.all(
        records.map((record) =>
          shownSession(parts, record, { now, numbers, serviceName: names.get(record.serviceId) }),
        ),
      );
    },
    services,
    limitOf: async (sessionId) => {
      const handle = parts.client.workflow.getHandle(chargeSessionWorkflowId(sessionId));
      const view = await parts.client.withDeadline(Date.now() + QUERY_LIMIT_MS, () =>
        handle.query(sessionStateQuery),
      );
      if (view.state === 'awaitingApproval') return view.linkExpiresAt;
      return view.state === 'active' ? view.limitAt : null;
    },
  };
}

async function shownSession(
  { stores, temporal }: Parts,
  record: SessionRecord,
  known: { now: string; numbers: Map<string, string>; serviceName: string | undefined },
): Promise<SessionShown> {
  const { sessionId, subscriberId, startedAt, endedAt, terms } = record;
  const { now, numbers, serviceName = record.serviceId } = known;
  const phone = numbers.get(subscriberId) ?? (await stores.sessions.msisdnOf(subscriberId));
  numbers.set(subscriberId, phone);
  const workflow = `${temporal.uiUrl}/namespaces/${temporal.namespace}/workflows/${chargeSessionWorkflowId(sessionId)}`;
  return {
    sessionId,
    phone,
    serviceName,
    state: record.state,
    createdAt: record.createdAt,
    startedAt,
    endedAt,
    currency: terms.currency,
    reservedMinor: record.reservedMinor,
    soFarMinor:
      record.computedMinor ??
      (startedAt === null
        ? null
        : priceUsage(terms.tariff, Math.max(0, instantMs(endedAt ?? now) - instantMs(startedAt)))),
    capturedMinor: record.capturedMinor,
    releasedMinor: record.releasedMinor,
    attention: record.attention[0] ?? null,
    knownAs: [sessionId, record.linkToken, ...(record.transactionId ? [record.transactionId] : [])],
    workflowUrl: temporal.uiUrl === null ? null : workflow,
  };
}

function keptFor<T>(ms: number, read: () => Promise<T>): () => Promise<T> {
  let kept: { answer: Promise<T>; untilMs: number } | null = null;
  return () => {
    if (kept === null || performance.now() > kept.untilMs)
      kept = { answer: read(), untilMs: performance.now() + ms };
    return kept.answer;
  };
}

const NO_WORDS = { startWord: '', endWord: '' };

async function servicesOf({ settings }: Stores): Promise<ServiceShown[]> {
  const partners = await settings.listPartners();
  const shown = await Promise.all(
    partners.map(async (partner) => {
      const offered = await settings.listServices(partner.partnerId);
      return await Promise.all(
        offered.map(async (service) => ({
          serviceId: service.serviceId,
          name: service.name,
          partnerName: partner.name,
          shortNumber: DEMO_NUMBER.shortNumber,
          ...((await settings.findOffer({ serviceId: service.serviceId, ...DEMO_NUMBER }))?.words ??
            NO_WORDS),
          language: partner.language,
          price: inBoth((language) => describeTariff(service.tariff, service.currency, language)),
          reservation: inBoth((language) =>
            formatPrice(service.reservationMinor, service.currency, language),
          ),
        })),
      );
    }),
  );
  // A service without a word on this number cannot be had here.
  return shown.flat().filter(({ startWord }) => startWord !== '');
}

function inBoth(words: (language: 'nb' | 'en') => string): { nb: string; en: string } {
  return { nb: words('nb'), en: words('en') };
}
