/**
 * Raises attention for texts that do not arrive, and closes it once they do; a payment link goes out again by the second SMS
 * account where there is one. All of it stands on the rows of the outbox, so no crash loses one and no text waits for its entry.
 */
import { addMs, isBefore, type Instant } from '../../domain/instant.ts';
import { LINK_DUE_MS, lostLink, type LinkFault, type SendTextOutcome } from '../../domain/text-delivery.ts';
import { RESENT_LINK, UNREACHABLE, type WaitingSession } from '../../ports/outbox-store.ts';
import { sendOnce } from '../../ports/send-text.ts';
import type { Stores } from '../../ports/stores.ts';
import { SmsFault, type SmsGateway } from '../../ports/sms-gateway.ts';
import { raiseAll, type EntryDeps } from './entries.ts';
import { errorFields } from '../error-fields.ts';
import { inParallel } from '../waiting.ts';
import type { SessionWorkflows } from '../sessions/session-workflows.ts';

/** The SMS account that payment links go out by which the session's own account did not deliver. */
export interface SecondAccount {
  gateway: Pick<SmsGateway, 'gateway' | 'send' | 'reportsDelivery'>;
  /** the number it sends from; null: the one that the customer texted */
  shortNumber: string | null;
}

type GatewayWatchDeps = EntryDeps & {
  stores: { outbox: Pick<Stores['outbox'], 'listGatewayRefusals'> };
};

export type LinkWatchDeps = EntryDeps & {
  stores: Pick<Stores, 'outbox' | 'sessions' | 'attention'>;
  secondAccount: SecondAccount | null;
  workflows: Pick<SessionWorkflows, 'linkReported'>;
};

/** A gateway that is away for a moment is tried again by itself. */
export const UNREACHABLE_AFTER_MS = 60_000;
/** as long as the first account is tried (workflows/activity-options.ts): later it is of no use */
const RESEND_WITHIN_MS = 600_000;
const AT_ONCE = 4;

/** A login is not refused by chance: `gatewayRefuses` opens at once, but for an unreachable gateway. */
export async function watchGateways(deps: GatewayWatchDeps): Promise<void> {
  const { stores, clock } = deps;
  const unreachableSince = addMs(clock.now(), -UNREACHABLE_AFTER_MS);
  const refusals = await stores.outbox.listGatewayRefusals();
  const found = refusals
    .filter(({ code, since }) => code !== UNREACHABLE || !isBefore(unreachableSince, since))
    .map(({ gateway, shortNumber, code, lastCode, texts, since }) => ({
      subject: `${gateway}/${shortNumber}/${code}`,
      details: { gateway, shortNumber, code, lastCode, texts, since },
    }));
  await raiseAll(deps, 'gatewayRefuses', found, 'a gateway accepts no texts of an account');
}

/** What was last reported to sessions whose payment link is lost; null: that, before this process began. */
export type ReportedLinks = Map<string, LinkFault | null>;

/**
 * Without the link the customer cannot go on, and nothing else of the session shows it. `reported`: what this process has
 * reported to sessions; one that starts reports again.
 */
export async function watchLinks(deps: LinkWatchDeps, reported: ReportedLinks): Promise<void> {
  const { stores, clock, log, secondAccount } = deps;
  const now = clock.now();
  const interrupted = await stores.outbox.markInterrupted(addMs(now, -LINK_DUE_MS), now);
  if (interrupted > 0)
    log.warn({ event: 'sendInterrupted', texts: interrupted }, 'a process ended while it sent texts');
  const lost: Lost[] = [];
  const entries: Parameters<typeof raiseAll>[2][number][] = [];
  const waiting = await stores.outbox.listWaiting(now);
  for (const session of waiting) {
    const found = lostLink(session.texts, now);
    if (found === null) continue;
    const { sessionId } = session;
    const { kind: text, gateway, code, outboundId } = found.text;
    const second = secondAccount?.gateway.gateway ?? null;
    const resentBy = second === gateway ? null : second;
    const details = { fault: found.fault, text, gateway, code, resentBy };
    entries.push({ subject: sessionId, sessionId, details, logged: { sessionId, ...details } });
    lost.push({ session, outboundId, resentBy, fault: found.fault });
  }
  const cleared = await raiseAll(deps, 'linkNotDelivered', entries, 'a payment link did not arrive');
  for (const sessionId of cleared) if (!reported.has(sessionId)) reported.set(sessionId, null);
  await resendAll(deps, lost);
  await reportAll(deps, lost, reported);
}

interface Lost {
  session: WaitingSession;
  outboundId: string;
  /** null: by nobody */
  resentBy: string | null;
  fault: LinkFault;
}

/** To the sessions' accounts in the Temporal UI: last, for a Temporal that does not answer must hold nothing else up. */
async function reportAll(
  { workflows }: LinkWatchDeps,
  lost: readonly Lost[],
  reported: ReportedLinks,
): Promise<void> {
  const missing = new Set(lost.map(({ session }) => session.sessionId));
  for (const sessionId of [...reported.keys()].filter((one) => !missing.has(one))) {
    await workflows.linkReported(sessionId, { fault: null });
    reported.delete(sessionId);
  }
  for (const { session, fault } of lost) {
    const { sessionId } = session;
    if (reported.get(sessionId) === fault) continue;
    await workflows.linkReported(sessionId, { fault });
    reported.set(sessionId, fault);
  }
}

/**
 * A second account that is away as well is asked again in the next pass, not once for each session: the first goes alone, for
 * one that hangs uses up the only try of each session it is given.
 */
async function resendAll(deps: LinkWatchDeps, lost: readonly Lost[]): Promise<void> {
  const { secondAccount, clock, log } = deps;
  if (secondAccount === null) return;
  const awayFor = new Set<string>();
  const send = async ({ session, outboundId }: Lost): Promise<void> => {
    const number = secondAccount.shortNumber ?? session.shortNumber;
    if (awayFor.has(ANY_NUMBER) || awayFor.has(number)) return;
    try {
      const outcome = await resend(deps, secondAccount, session, outboundId);
      const isOfNumber = outcome instanceof SmsFault && outcome.kind === 'misconfigured';
      if (isOfNumber) awayFor.add(number);
      else if (outcome instanceof SmsFault || outcome === 'unknown') awayFor.add(ANY_NUMBER);
    } catch (error) {
      const { sessionId } = session;
      log.error({ event: 'linkNotResent', sessionId, ...errorFields(error) }, 'a link was not sent again');
    }
  };
  const now = clock.now();
  const [first, ...others] = lost.filter((each) => isToBeResent(each, now));
  if (first) await send(first);
  await inParallel(others, AT_ONCE, send);
}

const ANY_NUMBER = '*';

/** Once, and while the customer still stands there. */
function isToBeResent({ session: { texts }, resentBy }: Lost, now: Instant): boolean {
  const resent = texts.find(({ kind }) => kind === RESENT_LINK);
  const isResent = resent !== undefined && resent.state !== 'prepared';
  const isOld = texts.every(({ at }) => !isBefore(now, addMs(at, RESEND_WITHIN_MS)));
  return resentBy !== null && !isResent && !isOld;
}

/** Once in a session: the row's id is its key, and an interrupted try is never repeated. */
async function resend(
  deps: LinkWatchDeps,
  { gateway, shortNumber }: SecondAccount,
  session: WaitingSession,
  outboundId: string,
): Promise<SendTextOutcome | SmsFault | 'notSent'> {
  const { sessionId, subscriberId } = session;
  // The passes of others, and the sends before this one, take their time.
  const today = await deps.stores.sessions.find(sessionId);
  if (today?.state !== 'awaitingApproval') return 'notSent';
  const texts = await deps.stores.outbox.listForSession(sessionId);
  const lost = texts.find((text) => text.outboundId === outboundId);
  // Its words have been erased.
  if (!lost || lost.text === '') return 'notSent';
  const message = {
    outboundId: `${sessionId}-${RESENT_LINK}-1`,
    sessionId,
    inboxId: null,
    subscriberId,
    gateway: gateway.gateway,
    shortNumber: shortNumber ?? session.shortNumber,
    kind: RESENT_LINK,
    text: lost.text,
  };
  return await sendOnce(deps, gateway, message, {
    msisdn: () => deps.stores.sessions.msisdnOf(subscriberId),
    mayRepeat: false,
    moReferenceId: null,
    isInterrupted: false,
  });
}
