// Evidence of a small run in which all went well, made by hand: five customers, one of each kind that matters.
import type {
  AttemptRow,
  Evidence,
  InboundRow,
  OutboundRow,
  SessionRow,
  SimulatedPayment,
  SimulatedText,
} from './evidence.ts';

const START_MS = Date.parse('2026-11-26T10:00:00.000Z');
const at = (ms: number): string => new Date(START_MS + ms).toISOString();

interface Story {
  name: string;
  provider: 'vipps' | 'paycore';
  approvedMs: number | null;
  endTextMs: number | null;
  state: SessionRow['state'];
  computedMinor: number | null;
  capturedMinor: number;
}

/** Times count from the CHARGE. The first second is free, every further started one costs 1 NOK, 5 are reserved. */
const STORIES: readonly Story[] = [
  {
    name: 'partly',
    provider: 'vipps',
    approvedMs: 2_000,
    endTextMs: 5_400,
    state: 'captured',
    computedMinor: 300,
    capturedMinor: 300,
  },
  {
    name: 'wholly',
    provider: 'paycore',
    approvedMs: 2_000,
    endTextMs: 10_500,
    state: 'captured',
    computedMinor: 800,
    capturedMinor: 500,
  },
  {
    name: 'nothing',
    provider: 'vipps',
    approvedMs: 2_000,
    endTextMs: 2_700,
    state: 'released',
    computedMinor: 0,
    capturedMinor: 0,
  },
  {
    name: 'cancelled',
    provider: 'paycore',
    approvedMs: 4_000,
    endTextMs: 3_000,
    state: 'cancelled',
    computedMinor: null,
    capturedMinor: 0,
  },
  {
    name: 'expired',
    provider: 'vipps',
    approvedMs: null,
    endTextMs: null,
    state: 'expired',
    computedMinor: null,
    capturedMinor: 0,
  },
];
const RESERVED_MINOR = 500;
const OUTCOME_KIND: Readonly<Record<string, string>> = {
  captured: 'receipt',
  released: 'nothingCharged',
  cancelled: 'cancelled',
  expired: 'expired',
};

/** A new copy each time: tests spoil it. */
export function goodEvidence(): Evidence {
  const evidence: Evidence = {
    at: at(60_000),
    terms: {
      startWords: ['CHARGE'],
      endWords: { 'chaos-paycore': 'ENDCHARGE', 'chaos-vipps': 'ENDCHARGE' },
      generalEndWords: ['STOP'],
      reservationMinor: RESERVED_MINOR,
      stepMs: 1_000,
      priceMinorPerStep: 100,
      freeMs: 1_000,
      linkLifeMs: 40_000,
      sessionLimitMs: { 'chaos-paycore': 20_000, 'chaos-vipps': 20_000 },
      minimumCaptureMinor: 100,
      firstReadMs: 120_000,
      refusals: false,
      losesTexts: false,
      switchesReceiptsOff: false,
    },
    texts: [],
    payments: [],
    inbound: [],
    sessions: [],
    attempts: [],
    operations: [],
    actions: [],
    slots: [],
    outbound: [],
    receipts: [],
    receiptCounters: { 'chaos-paycore': 1, 'chaos-vipps': 1 },
    workflows: [],
    continuedRuns: 1,
    pageViews: 60,
    tasks: [],
    leaks: [],
  };
  for (const [index, story] of STORIES.entries()) addStory(evidence, story, index);
  addHelp(evidence);
  return evidence;
}

function addStory(evidence: Evidence, story: Story, index: number): void {
  const { name, provider, approvedMs, endTextMs, state, computedMinor, capturedMinor } = story;
  const phone = `+47990000000${index}`;
  const partnerId = `chaos-${provider}`;
  const isUsed = computedMinor !== null;
  const heldMinor = approvedMs === null ? 0 : RESERVED_MINOR;
  const backMinor = heldMinor - capturedMinor;
  const message = (word: string, ms: number, row: Partial<InboundRow>): void => {
    evidence.texts.push(incoming(phone, `${name}-${word}`, word, at(ms)));
    evidence.inbound.push(stored(`${name}-${word}`, name, evidence.inbound.length + 1, at(ms), row));
  };
  message('CHARGE', 0, { assignmentKind: 'startSession', sessionId: name });
  if (endTextMs !== null)
    message('ENDCHARGE', endTextMs, { assignmentKind: 'signal', signal: 'endCharge', sessionId: name });
  evidence.payments.push(payment(story, heldMinor, provider === 'vipps' ? backMinor : 0));
  evidence.attempts.push(attempt(story, heldMinor, backMinor));
  const session: SessionRow = {
    sessionId: name,
    partnerId,
    subscriberId: `subscriber-${name}`,
    inboxId: `inbox-${name}-CHARGE`,
    linkToken: `link-${name}`,
    createdAt: at(100),
    state,
    transactionId: `payment-${name}`,
    startedAt: isUsed && approvedMs !== null ? at(approvedMs) : null,
    endedAt: isUsed && endTextMs !== null ? at(endTextMs) : null,
    reservedMinor: heldMinor,
    computedMinor,
    capturedMinor,
    releasedMinor: backMinor,
    releaseSource: backMinor === 0 ? null : provider === 'vipps' ? 'call' : 'assumed',
    shortfallMinor: (computedMinor ?? 0) - capturedMinor,
    attentionReason: null,
    refundedMinor: 0,
    nextDueAt: null,
  };
  evidence.sessions.push(session);
  sent(evidence, phone, { kind: 'paymentLink', subject: name }, `Pay here: http://x/p/link-${name}`);
  const told =
    capturedMinor > 0
      ? `You have been charged ${capturedMinor / 100} NOK. Receipt: http://x/r/receipt-${name}`
      : state;
  sent(evidence, phone, { kind: OUTCOME_KIND[state] ?? state, subject: name }, told);
  if (capturedMinor > 0) addSale(evidence, session);
  const { releasedMinor } = session;
  evidence.workflows.push({
    workflowId: `charge-session-${name}`,
    status: 'COMPLETED',
    result: { state, reservedMinor: heldMinor, capturedMinor, releasedMinor, computedMinor },
  });
}

function payment(story: Story, heldMinor: number, backMinor: number): SimulatedPayment {
  const { name, provider, approvedMs, capturedMinor, state } = story;
  const isBack = heldMinor > 0 && backMinor === heldMinor;
  return {
    id: `payment-${name}`,
    provider,
    status:
      state === 'captured' ? 'captured' : isBack ? 'released' : heldMinor > 0 ? 'authorized' : 'expired',
    requestedMinor: RESERVED_MINOR,
    authorizedMinor: heldMinor,
    capturedMinor,
    releasedMinor: backMinor,
    refundedMinor: 0,
    createdAt: at(500),
    authorizedAt: approvedMs === null ? null : at(approvedMs),
    captures: capturedMinor > 0 ? 1 : 0,
    reference: `reference-${name}`,
  };
}

function attempt({ name, provider, capturedMinor }: Story, heldMinor: number, backMinor: number): AttemptRow {
  return {
    paymentReference: `reference-${name}`,
    sessionId: name,
    paymentNumber: 1,
    provider,
    phase: heldMinor > 0 ? 'authorized' : 'expired',
    authorizedMinor: heldMinor,
    capturedMinor,
    releasedMinor: backMinor,
    refundedMinor: 0,
  };
}

function addSale(evidence: Evidence, { sessionId, partnerId, capturedMinor }: SessionRow): void {
  evidence.operations.push({
    operationId: `${sessionId}-capture-1`,
    sessionId,
    operation: 'capture',
    amountMinor: capturedMinor,
    state: 'succeeded',
    tries: 1,
    finishedAt: at(12_000),
  });
  evidence.receipts.push({
    partnerId,
    sessionId,
    kind: 'sale',
    number: 1,
    token: `receipt-${sessionId}`,
    netMinor: (capturedMinor * 4) / 5,
    vatMinor: capturedMinor / 5,
    grossMinor: capturedMinor,
    capturedMinor,
  });
}

/** A phone that asks for help: a text that belongs to no session. */
function addHelp(evidence: Evidence): void {
  const phone = '+479900000009';
  evidence.texts.push(incoming(phone, 'asking-HELP', 'HELP', at(7_000)));
  const row = { assignmentKind: 'reply', replyKind: 'help' };
  evidence.inbound.push(stored('asking-HELP', 'asking', evidence.inbound.length + 1, at(7_000), row));
  sent(evidence, phone, { kind: 'help', subject: 'asking', inboxId: 'inbox-asking-HELP' }, 'Help');
  evidence.workflows.push({ workflowId: 'reply-inbox-asking-HELP', status: 'COMPLETED', result: null });
}

function incoming(phone: string, messageId: string, text: string, sentAt: string): SimulatedText {
  return {
    id: `text-${messageId}`,
    direction: 'in',
    from: phone,
    to: '27222',
    text,
    at: sentAt,
    messageId,
    state: 'delivered',
  };
}

function stored(
  messageId: string,
  name: string,
  sequence: number,
  sentAt: string,
  row: Partial<InboundRow>,
): InboundRow {
  return {
    inboxId: `inbox-${messageId}`,
    sequence,
    messageId,
    subscriberId: `subscriber-${name}`,
    sentAt,
    receivedAt: sentAt,
    dispatchedAt: sentAt,
    state: 'handled',
    assignmentKind: null,
    signal: null,
    replyKind: null,
    sessionId: null,
    ...row,
  };
}

function sent(
  evidence: Evidence,
  phone: string,
  { kind, subject, inboxId = null }: { kind: string; subject: string; inboxId?: string | null },
  text: string,
): void {
  const outboundId = `${subject}-${kind}-1`;
  const row: OutboundRow = {
    outboundId,
    sessionId: inboxId === null ? subject : null,
    inboxId,
    subscriberId: `subscriber-${subject}`,
    kind,
    state: 'sent',
    tries: 1,
    gatewayMessageId: `gateway-${outboundId}`,
  };
  evidence.outbound.push(row);
  evidence.texts.push({
    id: `text-${outboundId}`,
    direction: 'out',
    from: '27222',
    to: phone,
    text,
    at: at(8_000),
    messageId: `gateway-${outboundId}`,
    state: 'delivered',
  });
}
