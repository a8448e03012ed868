import type { ApiParts } from '../api.ts';
import type { ShownPayment } from '../payments.ts';
import { mountPathOf } from '../recording.ts';
import type { TextRow } from '../records.ts';
import type { ServiceShown, SessionShown, Sms2pay } from '../sms2pay.ts';
import { digitsOf } from '../store.ts';
import { shownSwitches, type ShownSwitch } from './fault-switches.ts';
import type { PageLog, SessionTrace } from './page-log.ts';
import { chosenPhone, phonesOf, type Phone } from './phones.ts';
import { tourOf, type Tour } from './tour.ts';

export interface PageParts extends ApiParts {
  shortNumber: string;
  log: PageLog;
  sms2pay: Sms2pay | null;
}

export interface ShownText extends TextRow {
  /** of a text to the phone: the gateway has reported to sms2pay that it arrived */
  reported: boolean;
}

/** All that the page shows for one phone, at one moment. */
export interface View {
  mountPath: string;
  shortNumber: string;
  phone: Phone;
  phones: Phone[];
  now: string;
  offsetMs: number;
  texts: ShownText[];
  /** newest first */
  payments: ShownPayment[];
  /** of this phone, newest first */
  sessions: SessionShown[];
  /** of all phones, newest first */
  allSessions: readonly SessionShown[];
  services: readonly ServiceShown[];
  words: { start: string; end: string };
  switches: ShownSwitch[];
  tour: Tour;
}

const SHOWN_TEXTS = 300;
const SHOWN_PAYMENTS = 50;

export async function viewOf(parts: PageParts, phoneKey: string | undefined): Promise<View> {
  const { store, clock, log, shortNumber } = parts;
  const phone = chosenPhone(store, phoneKey);
  const now = clock.now();
  const [allSessions, services] = await Promise.all([sessionsOf(parts, now), servicesOf(parts)]);
  const sessions = allSessions.filter((session) => session.phone === phone.digits);
  const texts = textsOf(parts, phone);
  const session = sessions[0] ?? null;
  const words = { start: services[0]?.startWord ?? 'CHARGE', end: services[0]?.endWord ?? 'ENDCHARGE' };
  return {
    mountPath: mountPathOf(parts.baseUrl()),
    shortNumber,
    phone,
    phones: phonesOf(store),
    now,
    offsetMs: clock.offsetMs(),
    texts,
    payments: paymentsOf(parts, phone, allSessions),
    sessions,
    allSessions,
    services,
    words,
    switches: shownSwitches(parts.faults),
    tour: tourOf({
      session,
      now,
      words,
      log: session === null ? [] : log.ofSession(traceOf(session)),
      received: texts
        .filter(({ direction, at }) => direction === 'out' && session !== null && at >= session.createdAt)
        .map(({ text }) => text),
    }),
  };
}

export function traceOf({ knownAs, phone, createdAt, endedAt }: SessionShown): SessionTrace {
  return { knownAs, phone, since: createdAt, until: endedAt };
}

/** sms2pay may be stopping, or its database busy: then the vendors' side is shown alone. */
async function sessionsOf({ sms2pay }: PageParts, now: string): Promise<readonly SessionShown[]> {
  return (await sms2pay?.sessions(now).catch(() => [])) ?? [];
}

export async function servicesOf({ sms2pay }: Pick<PageParts, 'sms2pay'>): Promise<readonly ServiceShown[]> {
  return (await sms2pay?.services().catch(() => [])) ?? [];
}

function textsOf({ store }: PageParts, phone: Phone): ShownText[] {
  const unreported = new Set(
    [...store.deliveries.values()].filter(({ kind }) => kind === 'delivery').map(({ subject }) => subject),
  );
  return [...store.texts.values()]
    .filter((text) => digitsOf(text.direction === 'in' ? text.from : text.to) === phone.digits)
    .slice(-SHOWN_TEXTS)
    .map((text) => ({ ...text, reported: !unreported.has(text.id) }));
}

/** A wallet shows its owner's payments. A payment without a known owner is shown to all. */
function paymentsOf(
  { payments, store }: PageParts,
  phone: Phone,
  sessions: readonly SessionShown[],
): ShownPayment[] {
  const ownerOf = ({ id, reference }: ShownPayment): string | null => {
    const msisdn = store.payments.get(id)?.msisdn ?? null;
    if (msisdn !== null) return digitsOf(msisdn);
    const known = sessions.find(({ knownAs }) =>
      knownAs.some((name) => name === id || reference?.includes(name)),
    );
    return known?.phone ?? null;
  };
  return payments
    .all()
    .filter((payment) => [phone.digits, null].includes(ownerOf(payment)))
    .toReversed()
    .slice(0, SHOWN_PAYMENTS);
}
