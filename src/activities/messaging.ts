import type { SessionTextKind } from '../domain/session/events.ts';
import type { SendTextOutcome } from '../domain/text-delivery.ts';
import { renderText } from '../domain/texts.ts';
import { splitVat } from '../domain/vat.ts';
import { LINK_KINDS } from '../ports/outbox-store.ts';
import type { NotedEnd, ReplyContext } from '../ports/inbox-store.ts';
import type { Language } from '../domain/language.ts';
import type { ActionIdentity, IssueReceiptInput, MessageActivities, SendTextInput } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { misconfigured } from './failures.ts';
import { sendByAccount } from './outgoing.ts';
import { raiseReceiptCounter } from './receipt-counter.ts';
import { showReceipt } from './show-receipt.ts';
import { composeReceipt, composeText, localTime, type TextSubject } from './text-content.ts';

/** Nobody can go on without the link, and a second one does no harm. */
const MAY_REPEAT: ReadonlySet<SessionTextKind> = new Set(['paymentLink', 'linkAgain']);
/** Sent only where the partner has receipt texts on; off means silence after the use. */
const RECEIPT_KINDS: ReadonlySet<SessionTextKind> = new Set(['receipt', 'nothingCharged']);

export function createMessageActivities(deps: ActivityDeps): MessageActivities {
  return {
    sendText: (input) => sendText(deps, input),
    resendReceipt: (input) => resendReceipt(deps, input),
    sendReply: (input) => sendReply(deps, input.inboxId),
    issueReceipt: (input) => issueReceipt(deps, input),
    showReceipt: (input) => showReceipt(deps, input),
  };
}

async function subjectOf(deps: ActivityDeps, sessionId: string): Promise<TextSubject> {
  const { sessions, settings } = deps.stores;
  const session = await sessions.find(sessionId);
  const partner = session && (await settings.findPartner(session.partnerId));
  const service = session && (await settings.findService(session.serviceId));
  if (!session || !partner || !service)
    throw misconfigured('the session, its partner or its service is gone');
  return { session, partner, service };
}

async function sendText(deps: ActivityDeps, input: SendTextInput): Promise<SendTextOutcome> {
  const { sessionId, kind, n } = input;
  const subject = await subjectOf(deps, sessionId);
  const { subscriberId, gateway, shortNumber } = subject.session;
  const outboundId = `${sessionId}-${kind}-${n}`;
  const envelope = { outboundId, sessionId, inboxId: null, subscriberId, gateway, shortNumber, kind };
  if (RECEIPT_KINDS.has(kind) && !subject.partner.receiptSmsOn) {
    await deps.stores.outbox.suppress(envelope, 'the partner has receipt texts off', deps.clock.now());
    return 'suppressed';
  }
  // The account was away meanwhile: the link has arrived another way, or leads nowhere any more.
  if (LINK_KINDS.some((linkKind) => linkKind === kind) && subject.session.state !== 'awaitingApproval') {
    await deps.stores.outbox.suppress(envelope, 'the link is not waited for any more', deps.clock.now());
    return 'suppressed';
  }
  const text = await composeText(deps, subject, input);
  return await sendByAccount(
    deps,
    { ...envelope, text },
    { mayRepeat: MAY_REPEAT.has(kind), moReferenceId: null },
  );
}

async function resendReceipt(
  deps: ActivityDeps,
  { sessionId, actionId }: ActionIdentity,
): Promise<SendTextOutcome> {
  const subject = await subjectOf(deps, sessionId);
  const { subscriberId, gateway, shortNumber } = subject.session;
  const kind = 'receiptAgain';
  const outboundId = `${sessionId}-${kind}-${actionId}`;
  const envelope = { outboundId, sessionId, inboxId: null, subscriberId, gateway, shortNumber, kind };
  const text = await composeReceipt(deps, subject);
  return await sendByAccount(deps, { ...envelope, text }, { mayRepeat: false, moReferenceId: null });
}

async function sendReply(deps: ActivityDeps, inboxId: string): Promise<SendTextOutcome> {
  const { inbox, settings } = deps.stores;
  const context = await inbox.replyContext(inboxId);
  const { subscriberId, gateway, shortNumber, replyKind } = context;
  if (context.notedEnd?.isRecorded === false)
    await openEndTask(deps, { ...context.notedEnd, serviceId: context.serviceId });
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
  return await sendByAccount(deps, { ...envelope, text }, { mayRepeat: false, moReferenceId });
}

/** Nothing else remembers the end of a session that is not on record. */
async function openEndTask(
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

/** Issues the sales record of a capture, once. What it states is copied, so that it never changes again. */
async function issueReceipt(
  deps: ActivityDeps,
  input: IssueReceiptInput,
): Promise<{ receiptNumber: number }> {
  const { sessionId, operationId, session: view } = input;
  const { session, partner, service } = await subjectOf(deps, sessionId);
  const { startedAt, endedAt, capturedMinor } = view;
  if (startedAt === null || endedAt === null) throw misconfigured('a receipt needs a start and an end');
  if (capturedMinor <= 0) throw misconfigured('there is no receipt without a capture');
  await raiseReceiptCounter(deps, partner.partnerId);
  const receipt = await deps.stores.receipts.issue({
    partnerId: partner.partnerId,
    sessionId,
    operationId,
    kind: 'sale',
    issuedAt: deps.clock.now(),
    data: {
      merchantName: partner.name,
      organisationNumber: partner.organisationNumber,
      serviceName: service.name,
      serviceReference: session.serviceReference,
      startedAt,
      endedAt,
      timeZone: partner.timeZone,
      language: session.language,
      currency: session.terms.currency,
      tariff: session.terms.tariff,
      vatBasisPoints: session.terms.vatBasisPoints,
      ...splitVat(capturedMinor, session.terms.vatBasisPoints),
      grossMinor: capturedMinor,
      reservedMinor: view.reservedMinor,
      capturedMinor,
      releasedMinor: view.reservedMinor - capturedMinor,
      releaseSource: view.releaseSource,
      shortfallMinor: view.shortfallMinor,
    },
  });
  return { receiptNumber: receipt.number };
}
