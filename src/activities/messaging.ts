import type { SessionTextKind } from '../domain/session/events.ts';
import type { SendTextOutcome } from '../domain/text-delivery.ts';
import { renderText } from '../domain/texts.ts';
import { LINK_KINDS, type OutboundMessage } from '../ports/outbox-store.ts';
import { sendOnce, type SendOptions } from '../ports/send-text.ts';
import { SmsFault } from '../ports/sms-gateway.ts';
import type { NotedEnd, ReplyContext } from '../ports/inbox-store.ts';
import type { Language } from '../domain/language.ts';
import type { ActionIdentity, Activities, SendTextInput } from './contract.ts';
import { notifying } from './carried.ts';
import type { ActivityDeps } from './deps.ts';
import { failureOfGateway, misconfigured } from './failures.ts';
import { composeReceipt, composeText, localTime, subjectOf } from './text-content.ts';

/** The payment cannot begin without the payment link, and a second one does no harm. */
const MAY_REPEAT: ReadonlySet<SessionTextKind> = new Set(['paymentLink', 'linkAgain']);
/** Sent only where the partner has receipt texts on; off means silence after the use. */
const RECEIPT_KINDS: ReadonlySet<SessionTextKind> = new Set(['receipt', 'nothingCharged']);

export function createMessageActivities(deps: ActivityDeps) {
  return {
    sendText: notifying(deps, sendText),
    resendReceipt: (input) => resendReceipt(deps, input),
    sendReply: (input) => sendReply(deps, input.inboxId),
  } satisfies Partial<Activities>;
}

async function sendText(deps: ActivityDeps, input: SendTextInput): Promise<SendTextOutcome> {
  const { sessionId, kind, n } = input;
  const subject = await subjectOf(deps, sessionId);
  const { subscriberId, gateway, shortNumber, msisdn } = subject;
  const outboundId = `${sessionId}-${kind}-${n}`;
  const envelope = { outboundId, sessionId, inboxId: null, subscriberId, gateway, shortNumber, kind };
  if (RECEIPT_KINDS.has(kind) && !subject.receiptSmsOn) {
    await deps.stores.outbox.suppress(envelope, 'the partner has receipt texts off', deps.clock.now());
    return 'suppressed';
  }
  // The gateway's account was unavailable meanwhile: the payment is approved already, or the link has expired.
  if (LINK_KINDS.some((linkKind) => linkKind === kind) && subject.state !== 'awaitingApproval') {
    await deps.stores.outbox.suppress(envelope, 'the link is not waited for any more', deps.clock.now());
    return 'suppressed';
  }
  const text = await composeText(deps, subject, input);
  return await sendByAccount(
    deps,
    { ...envelope, text },
    { msisdn, mayRepeat: MAY_REPEAT.has(kind), moReferenceId: null },
  );
}

async function resendReceipt(
  deps: ActivityDeps,
  { sessionId, actionId }: ActionIdentity,
): Promise<SendTextOutcome> {
  const subject = await subjectOf(deps, sessionId);
  const { subscriberId, gateway, shortNumber, msisdn } = subject;
  const kind = 'receiptAgain';
  const outboundId = `${sessionId}-${kind}-${actionId}`;
  const envelope = { outboundId, sessionId, inboxId: null, subscriberId, gateway, shortNumber, kind };
  const text = composeReceipt(deps, subject);
  return await sendByAccount(deps, { ...envelope, text }, { msisdn, mayRepeat: false, moReferenceId: null });
}

async function sendReply(deps: ActivityDeps, inboxId: string): Promise<SendTextOutcome> {
  const { inbox, settings } = deps.stores;
  const context = await inbox.replyContext(inboxId);
  const { subscriberId, gateway, shortNumber, replyKind } = context;
  if (context.notedEnd?.isRecorded === false)
    await raiseEndEntry(deps, { ...context.notedEnd, serviceId: context.serviceId });
  const outboundId = `reply-${inboxId}-1`;
  const envelope = {
    outboundId,
    sessionId: null,
    inboxId,
    subscriberId,
    gateway,
    shortNumber,
    kind: replyKind,
  };
  const partner = await settings.findPartner(context.partnerId);
  const text = composeReply(context, partner?.language ?? 'nb', partner?.timeZone ?? 'Europe/Oslo');
  const { messageId: moReferenceId } = context;
  const msisdn = () => deps.stores.sessions.msisdnOf(subscriberId);
  return await sendByAccount(deps, { ...envelope, text }, { msisdn, mayRepeat: false, moReferenceId });
}

/** No other record keeps the end of a session that is not in the database. */
async function raiseEndEntry(
  { stores, clock }: ActivityDeps,
  { inboxId, endedAt, serviceId }: NotedEnd & Pick<ReplyContext, 'serviceId'>,
): Promise<void> {
  const details = { endRequestedAt: endedAt, serviceId };
  await stores.attention.raise(
    { subject: inboxId, reason: 'endWithoutSession', sessionId: null, details },
    clock.now(),
  );
}

function composeReply(context: ReplyContext, language: Language, timeZone: string): string {
  const { replyKind, words, meantServiceName, notedEnd } = context;
  const meant = words.find(({ serviceId }) => serviceId === context.serviceId);
  const running = context.openSessions.map((session) => ({
    serviceId: session.serviceId,
    serviceName: session.serviceName,
    endWord: session.endWord,
    startTime: session.startedAt === null ? null : localTime(session.startedAt, session.timeZone),
  }));
  switch (replyKind) {
    case 'help':
    case 'unknownWord':
      return renderText(replyKind, language, { words, running });
    case 'noSession': {
      const others = running.filter(({ serviceId }) => serviceId !== context.serviceId);
      return meantServiceName !== null && others.length > 0
        ? renderText('otherRunning', language, { serviceName: meantServiceName, running: others })
        : renderText('noSession', language, { starts: meant ? [meant] : words });
    }
    case 'sendAgain':
      return renderText(replyKind, language, {
        merchantName: meant?.merchantName ?? '',
        startWord: meant?.startWord ?? '',
      });
    case 'tooManyStarts':
      return renderText(replyKind, language, {});
    case 'endNoted':
      if (notedEnd === null) throw misconfigured('the text ends no session');
      return renderText(replyKind, language, {
        endTime: localTime(notedEnd.endedAt, timeZone),
        isRecorded: notedEnd.isRecorded,
      });
    case 'openSessions':
      return renderText(replyKind, language, { sessions: running });
  }
}

/** Sends a text by its gateway; throws what may be tried again, for the retry policy. */
async function sendByAccount(
  deps: ActivityDeps,
  message: OutboundMessage,
  options: Omit<SendOptions, 'isInterrupted'>,
): Promise<SendTextOutcome> {
  const gateway = deps.gateways[message.gateway];
  if (!gateway) throw misconfigured(`no SMS gateway named ${message.gateway} is set up`);
  const outcome = await sendOnce(deps, gateway, message, { ...options, isInterrupted: true });
  if (outcome instanceof SmsFault) throw failureOfGateway(outcome);
  return outcome;
}
