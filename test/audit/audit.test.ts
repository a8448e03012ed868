// The auditor must be able to fail: each kind of damage is done to good evidence, and must be named.
import { describe, expect, test } from 'vitest';
import { audit } from './audit.ts';
import type { Category, Evidence } from './evidence.ts';
import { priceMinor } from './price.ts';
import { PLANS } from '../chaos/customer.ts';
import { neverMet } from '../chaos/report.ts';
import { goodEvidence } from './good-evidence.ts';
import { evidenceAbout } from './narrow.ts';

function find<T>(items: readonly T[], is: (item: T) => boolean): T {
  const found = items.find(is);
  if (found === undefined) throw new Error('the good evidence lacks what this test spoils');
  return found;
}

const sessionOf = (evidence: Evidence, id: string) =>
  find(evidence.sessions, ({ sessionId }) => sessionId === id);
const paymentOf = (evidence: Evidence, id: string) =>
  find(evidence.payments, (one) => one.id === `payment-${id}`);
const outboundOf = (evidence: Evidence, id: string) =>
  find(evidence.outbound, ({ outboundId }) => outboundId === id);
const workflowOf = (evidence: Evidence, id: string) =>
  find(evidence.workflows, ({ workflowId }) => workflowId === `charge-session-${id}`);
function remove<T>(items: T[], is: (item: T) => boolean): void {
  items.splice(items.indexOf(find(items, is)), 1);
}

/** All of the session `partly` went back, and it has ended so. */
function neverTaken(evidence: Evidence, ended: { state: string; attentionReason?: string }): void {
  Object.assign(paymentOf(evidence, 'partly'), { captures: 0, capturedMinor: 0, releasedMinor: 500 });
  Object.assign(sessionOf(evidence, 'partly'), { capturedMinor: 0, releasedMinor: 500, ...ended });
}

/** An operator has refunded 1 NOK of the session `partly`. */
function refunded(evidence: Evidence): void {
  const refundedMinor = 100;
  evidence.actions.push({
    sessionId: 'partly',
    kind: 'refund',
    state: 'succeeded',
    amountMinor: refundedMinor,
  });
  Object.assign(paymentOf(evidence, 'partly'), { refundedMinor });
  Object.assign(sessionOf(evidence, 'partly'), { refundedMinor });
  Object.assign(
    find(evidence.attempts, ({ sessionId }) => sessionId === 'partly'),
    { refundedMinor },
  );
}

interface Damage {
  what: string;
  category: Category;
  /** what the finding must name */
  names: RegExp;
  spoil: (evidence: Evidence) => void;
}

const DAMAGES: readonly Damage[] = [
  {
    what: 'a second capture',
    category: 'doubled',
    names: /payment payment-partly was captured 2 times/,
    spoil: (evidence) =>
      Object.assign(paymentOf(evidence, 'partly'), { captures: 2, capturedMinor: 400, releasedMinor: 100 }),
  },
  {
    what: 'a capture that we did not notice',
    category: 'wrong',
    names: /session nothing we say 0 were taken, the provider 100/,
    spoil: (evidence) =>
      Object.assign(paymentOf(evidence, 'nothing'), { captures: 1, capturedMinor: 100, releasedMinor: 400 }),
  },
  {
    what: 'too little taken, and recorded so everywhere',
    category: 'wrong',
    names: /session partly 300 should have been taken, 200 were/,
    spoil: (evidence) => {
      Object.assign(paymentOf(evidence, 'partly'), { capturedMinor: 200, releasedMinor: 300 });
      Object.assign(sessionOf(evidence, 'partly'), {
        capturedMinor: 200,
        releasedMinor: 300,
        shortfallMinor: 100,
      });
      Object.assign(
        find(evidence.receipts, ({ sessionId }) => sessionId === 'partly'),
        { grossMinor: 200, capturedMinor: 200, netMinor: 160, vatMinor: 40 },
      );
    },
  },
  {
    what: 'a price that the times do not give',
    category: 'wrong',
    names: /session wholly its own times cost 800, it says 700/,
    spoil: (evidence) =>
      Object.assign(sessionOf(evidence, 'wholly'), { computedMinor: 700, shortfallMinor: 200 }),
  },
  {
    what: 'an end that is not the time of the end word',
    category: 'wrong',
    names: /session partly ends at/,
    spoil: (evidence) =>
      Object.assign(sessionOf(evidence, 'partly'), { endedAt: '2026-11-26T10:00:05.900Z' }),
  },
  {
    what: 'money taken above what was reserved',
    category: 'wrong',
    names: /payment payment-wholly ledger: .* taken 600/,
    spoil: (evidence) => Object.assign(paymentOf(evidence, 'wholly'), { capturedMinor: 600 }),
  },
  {
    what: 'a capture that never came',
    category: 'lost',
    names: /session partly 300 should have been taken, 0 were/,
    spoil: (evidence) => neverTaken(evidence, { state: 'released' }),
  },
  {
    what: 'a capture that was given up, with a word to a person',
    category: 'lost',
    names: /session partly 300 should have been taken, 0 were/,
    spoil: (evidence) => neverTaken(evidence, { state: 'lost', attentionReason: 'captureRefused' }),
  },
  {
    what: 'a session that is lost although nothing was refused',
    category: 'lost',
    names: /session partly is lost, and no provider has refused/,
    spoil: (evidence) => Object.assign(sessionOf(evidence, 'partly'), { state: 'lost' }),
  },
  {
    what: 'a reservation that is not given back',
    category: 'lost',
    names: /session nothing 500 are still held/,
    spoil: (evidence) =>
      Object.assign(paymentOf(evidence, 'nothing'), { releasedMinor: 0, status: 'authorized' }),
  },
  {
    what: 'a rest said to be proven back where nothing proves it',
    category: 'wrong',
    names: /session cancelled 500 are held by payment/,
    spoil: (evidence) => Object.assign(sessionOf(evidence, 'cancelled'), { releaseSource: 'provider' }),
  },
  {
    what: 'a payment that nobody of ours knows',
    category: 'lost',
    names: /payment stray is released at the provider and belongs to no attempt/,
    spoil: (evidence) =>
      evidence.payments.push({ ...paymentOf(evidence, 'nothing'), id: 'stray', reference: 'stray' }),
  },
  {
    what: 'an approval in time without a use',
    category: 'wrong',
    names: /session cancelled was approved in time/,
    spoil: (evidence) =>
      Object.assign(paymentOf(evidence, 'cancelled'), { authorizedAt: '2026-11-26T10:00:02.500Z' }),
  },
  {
    what: 'an acknowledged text that is not stored',
    category: 'lost',
    names: /message asking-HELP was acknowledged and is not stored/,
    spoil: (evidence) => remove(evidence.inbound, ({ messageId }) => messageId === 'asking-HELP'),
  },
  {
    what: 'a text stored twice',
    category: 'doubled',
    names: /message partly-ENDCHARGE is stored 2 times/,
    spoil: (evidence) =>
      evidence.inbound.push({
        ...find(evidence.inbound, (row) => row.messageId === 'partly-ENDCHARGE'),
        inboxId: 'again',
      }),
  },
  {
    what: 'two sessions from one CHARGE',
    category: 'doubled',
    names: /session again was started by no message of its own/,
    spoil: (evidence) => {
      evidence.sessions.push({ ...sessionOf(evidence, 'expired'), sessionId: 'again' });
      evidence.workflows.push({ ...workflowOf(evidence, 'expired'), workflowId: 'charge-session-again' });
    },
  },
  {
    what: 'a text that was stored and never handled',
    category: 'stuck',
    names: /message partly-ENDCHARGE is stored and not handled/,
    spoil: (evidence) =>
      Object.assign(
        find(evidence.inbound, (row) => row.messageId === 'partly-ENDCHARGE'),
        { state: 'assigned' },
      ),
  },
  {
    what: 'a question without an answer',
    category: 'lost',
    names: /message asking-HELP was to be answered/,
    spoil: (evidence) => remove(evidence.outbound, ({ outboundId }) => outboundId === 'asking-help-1'),
  },
  {
    what: 'a capture without a receipt',
    category: 'lost',
    names: /session wholly 500 were taken and there is no receipt/,
    spoil: (evidence) => {
      remove(evidence.receipts, ({ sessionId }) => sessionId === 'wholly');
      evidence.receiptCounters['chaos-paycore'] = 0;
    },
  },
  {
    what: 'a receipt without a capture',
    category: 'wrong',
    names: /session nothing has a receipt although nothing was taken/,
    spoil: (evidence) => {
      const [receipt] = evidence.receipts;
      if (receipt) evidence.receipts.push({ ...receipt, sessionId: 'nothing', number: 2, token: 'other' });
      evidence.receiptCounters['chaos-vipps'] = 2;
    },
  },
  {
    what: 'a gap in the receipt numbers',
    category: 'wrong',
    names: /receipts of chaos-vipps number 1 is followed or missed by 2/,
    spoil: (evidence) => {
      Object.assign(
        find(evidence.receipts, ({ sessionId }) => sessionId === 'partly'),
        { number: 2 },
      );
      evidence.receiptCounters['chaos-vipps'] = 2;
    },
  },
  {
    what: 'a receipt number that was given out and not used',
    category: 'wrong',
    names: /receipts of chaos-paycore 2 numbers were given out for 1 receipts/,
    spoil: (evidence) => (evidence.receiptCounters['chaos-paycore'] = 2),
  },
  {
    what: 'a receipt over another amount',
    category: 'wrong',
    names: /session partly receipt 1 says 250/,
    spoil: (evidence) =>
      Object.assign(
        find(evidence.receipts, ({ sessionId }) => sessionId === 'partly'),
        { grossMinor: 250 },
      ),
  },
  {
    what: 'a receipt text that never came',
    category: 'lost',
    names: /session partly its receipt is said to be sent and is at no phone/,
    spoil: (evidence) => remove(evidence.texts, ({ messageId }) => messageId === 'gateway-partly-receipt-1'),
  },
  {
    what: 'a receipt text that came twice',
    category: 'doubled',
    names: /session partly its receipt reached the phone 2 times/,
    spoil: (evidence) =>
      evidence.texts.push({
        ...find(evidence.texts, (text) => text.messageId === 'gateway-partly-receipt-1'),
        messageId: 'second',
      }),
  },
  {
    what: 'a receipt text that nobody made',
    category: 'lost',
    names: /session wholly is captured and no text tells it/,
    spoil: (evidence) => remove(evidence.outbound, ({ outboundId }) => outboundId === 'wholly-receipt-1'),
  },
  {
    what: 'a receipt text with another amount',
    category: 'wrong',
    names: /session partly its receipt text does not say "charged 3 NOK"/,
    spoil: (evidence) => {
      const text = find(evidence.texts, ({ messageId }) => messageId === 'gateway-partly-receipt-1');
      text.text = text.text.replace('3 NOK', '4 NOK');
    },
  },
  {
    what: 'any other text that came twice',
    category: 'doubled',
    names: /subscriber subscriber-expired 1 texts at the phone are not on record/,
    spoil: (evidence) =>
      evidence.texts.push({
        ...find(evidence.texts, (text) => text.messageId === 'gateway-expired-expired-1'),
        messageId: 'second',
      }),
  },
  {
    what: 'a text at another phone',
    category: 'wrong',
    names: /text partly-paymentLink-1 went to another phone/,
    spoil: (evidence) =>
      Object.assign(
        find(evidence.texts, (text) => text.messageId === 'gateway-partly-paymentLink-1'),
        { to: '+479900000001' },
      ),
  },
  {
    what: 'a text that hangs in its sending',
    category: 'stuck',
    names: /text nothing-nothingCharged-1 was begun and not ended/,
    spoil: (evidence) =>
      Object.assign(outboundOf(evidence, 'nothing-nothingCharged-1'), { state: 'sending' }),
  },
  {
    what: 'a session that never ended',
    category: 'stuck',
    names: /session wholly is capturing and still open/,
    spoil: (evidence) => {
      Object.assign(sessionOf(evidence, 'wholly'), { state: 'capturing' });
      Object.assign(workflowOf(evidence, 'wholly'), { status: 'RUNNING', result: null });
    },
  },
  {
    what: 'a session that failed',
    category: 'stuck',
    names: /session expired its workflow is FAILED/,
    spoil: (evidence) => Object.assign(workflowOf(evidence, 'expired'), { status: 'FAILED', result: null }),
  },
  {
    what: 'a session whose workflow is gone',
    category: 'lost',
    names: /session expired has no workflow/,
    spoil: (evidence) =>
      remove(evidence.workflows, ({ workflowId }) => workflowId === 'charge-session-expired'),
  },
  {
    what: 'a workflow whose session is gone',
    category: 'lost',
    names: /charge-session-expired has no session/,
    spoil: (evidence) => remove(evidence.sessions, ({ sessionId }) => sessionId === 'expired'),
  },
  {
    what: 'a row that is not what its workflow ended with',
    category: 'wrong',
    names: /session cancelled its row is not what its workflow ended with/,
    spoil: (evidence) => Object.assign(sessionOf(evidence, 'cancelled'), { state: 'expired' }),
  },
  {
    what: 'a capture of a session that says it was free',
    category: 'wrong',
    names: /session partly 300 were taken and it is released/,
    spoil: (evidence) => Object.assign(sessionOf(evidence, 'partly'), { state: 'released' }),
  },
  {
    what: 'a reservation that we record otherwise',
    category: 'wrong',
    names: /session partly we say 400 were reserved, the provider 500/,
    spoil: (evidence) =>
      Object.assign(sessionOf(evidence, 'partly'), { reservedMinor: 400, releasedMinor: 100 }),
  },
  {
    what: 'more said to be proven back than the provider released',
    category: 'wrong',
    names: /session nothing 500 are said to be back, the provider says 400/,
    spoil: (evidence) => Object.assign(paymentOf(evidence, 'nothing'), { releasedMinor: 400 }),
  },
  {
    what: 'a refund that no operator requested',
    category: 'wrong',
    names: /session partly 100 were refunded, operators requested 0/,
    spoil: (evidence) => Object.assign(paymentOf(evidence, 'partly'), { refundedMinor: 100 }),
  },
  {
    what: 'a refund that our row does not know',
    category: 'wrong',
    names: /session partly we say 0 were refunded, the provider 100/,
    spoil: (evidence) => Object.assign(paymentOf(evidence, 'partly'), { refundedMinor: 100 }),
  },
  {
    what: 'a refund that the row of the payment does not know',
    category: 'wrong',
    names: /session partly attempt 1 records 0 refunded, not 100/,
    spoil: (evidence) => Object.assign(paymentOf(evidence, 'partly'), { refundedMinor: 100 }),
  },
  {
    what: 'more refunded than was captured',
    category: 'wrong',
    names: /payment payment-partly ledger: .* refunded 400/,
    spoil: (evidence) => Object.assign(paymentOf(evidence, 'partly'), { refundedMinor: 400 }),
  },
  {
    what: 'a credit note without a refund',
    category: 'wrong',
    names: /session partly has 1 credit notes for 0 refunds/,
    spoil: (evidence) => {
      const sale = find(evidence.receipts, ({ sessionId }) => sessionId === 'partly');
      evidence.receipts.push({ ...sale, kind: 'creditNote', number: 2 });
      evidence.receiptCounters['chaos-vipps'] = 2;
    },
  },
  {
    what: 'a refund without a credit note',
    category: 'wrong',
    names: /session partly has 0 credit notes for 1 refunds/,
    spoil: (evidence) => refunded(evidence),
  },
  {
    what: 'a handled text that was never dispatched',
    category: 'stuck',
    names: /message partly-ENDCHARGE is handled and was never dispatched/,
    spoil: (evidence) =>
      Object.assign(
        find(evidence.inbound, (row) => row.messageId === 'partly-ENDCHARGE'),
        { dispatchedAt: null },
      ),
  },
  {
    what: 'a slot that an ended session keeps',
    category: 'stuck',
    names: /session partly has ended and keeps its slot/,
    spoil: (evidence) => evidence.slots.push({ sessionId: 'partly' }),
  },
  {
    what: 'an ended session that still expects something',
    category: 'stuck',
    names: /session partly has ended, and something is due at/,
    spoil: (evidence) =>
      Object.assign(sessionOf(evidence, 'partly'), { nextDueAt: '2026-11-26T10:02:00.000Z' }),
  },
  {
    what: 'a reservation that the row and the workflow tell differently',
    category: 'wrong',
    names: /session partly its row is not what its workflow ended with/,
    spoil: (evidence) => {
      const { result } = workflowOf(evidence, 'partly');
      if (result) result.reservedMinor = 400;
    },
  },
  {
    what: 'a phone number where none may be',
    category: 'wrong',
    names: /api.log holds a phone number/,
    spoil: (evidence) => evidence.leaks.push('api.log'),
  },
];

describe('the auditor', () => {
  test('finds nothing in a run in which all went well', () => {
    const verdict = audit(goodEvidence());
    expect(verdict.findings).toEqual([]);
    expect(verdict.counts).toEqual({ lost: 0, doubled: 0, wrong: 0, stuck: 0 });
    expect(verdict).toMatchObject({ capturedMinor: 800, honestlyOpen: 0 });
  });

  test.each(DAMAGES)('names $what', ({ category, names, spoil }) => {
    const evidence = goodEvidence();
    spoil(evidence);
    const { findings, counts } = audit(evidence);
    const named = findings
      .filter((one) => one.category === category)
      .map(({ subject, what }) => `${subject} ${what}`);
    expect(named).toContainEqual(expect.stringMatching(names));
    expect(counts[category]).toBeGreaterThan(0);
  });

  test('accepts a refund that an operator requested, with its credit note', () => {
    const evidence = goodEvidence();
    refunded(evidence);
    const sale = find(evidence.receipts, ({ sessionId }) => sessionId === 'partly');
    const amounts = { grossMinor: -100, netMinor: -80, vatMinor: -20 };
    evidence.receipts.push({ ...sale, ...amounts, kind: 'creditNote', number: 2, token: 'note' });
    evidence.receiptCounters['chaos-vipps'] = 2;
    expect(audit(evidence).findings).toEqual([]);
  });

  test('lets a capture be given up where providers refuse, and only with a reason on record', () => {
    const givenUp = (attentionReason: string | null) => {
      const evidence = goodEvidence();
      neverTaken(evidence, { state: 'lost', ...(attentionReason === null ? {} : { attentionReason }) });
      Object.assign(sessionOf(evidence, 'partly'), { shortfallMinor: 300 });
      Object.assign(
        find(evidence.attempts, ({ sessionId }) => sessionId === 'partly'),
        { capturedMinor: 0 },
      );
      const { result } = workflowOf(evidence, 'partly');
      if (result) Object.assign(result, { state: 'lost', capturedMinor: 0, releasedMinor: 500 });
      remove(evidence.receipts, ({ sessionId }) => sessionId === 'partly');
      evidence.receiptCounters['chaos-vipps'] = 0;
      return evidence;
    };
    const refusing = (evidence: Evidence): Evidence => {
      evidence.terms.refusals = true;
      return evidence;
    };
    expect(audit(refusing(givenUp('captureRefused'))).findings).toEqual([]);
    expect(audit(refusing(givenUp(null))).counts.lost).toBe(1);
    expect(audit(givenUp('captureRefused')).counts.lost).toBe(1);
  });

  test('lets a hold stay where the provider refuses the release, and only with a reason on record', () => {
    const held = (attentionReason: string | null, refusals: boolean) => {
      const evidence = goodEvidence();
      evidence.terms.refusals = refusals;
      Object.assign(paymentOf(evidence, 'nothing'), { releasedMinor: 0, status: 'authorized' });
      Object.assign(sessionOf(evidence, 'nothing'), { releaseSource: 'assumed', attentionReason });
      return audit(evidence);
    };
    expect(held('releaseRefused', true).findings).toEqual([]);
    expect(held(null, true).counts.lost).toBe(1);
    expect(held('releaseRefused', false).counts.lost).toBe(1);
  });

  test('lets a gateway lose a text where that is the fault', () => {
    const evidence = goodEvidence();
    const text = find(evidence.texts, ({ messageId }) => messageId === 'asking-HELP');
    evidence.texts.push({ ...text, id: 'lost', messageId: 'lost', state: 'failed' });
    expect(audit(evidence).counts.stuck).toBe(1);
    evidence.terms.losesTexts = true;
    expect(audit(evidence).findings).toEqual([]);
  });

  test('of one customer finds that customer’s faults and those of nobody, and no others', () => {
    const phone = '+479900000000';
    const about = (spoil: (evidence: Evidence) => void) => {
      const evidence = goodEvidence();
      spoil(evidence);
      return audit(evidenceAbout(evidence, phone));
    };
    expect(about(() => {})).toMatchObject({ findings: [], sessionsByState: { captured: 1 } });
    const price = { computedMinor: 700 };
    expect(about((evidence) => Object.assign(sessionOf(evidence, 'partly'), price)).counts.wrong).toBe(1);
    expect(about((evidence) => Object.assign(sessionOf(evidence, 'wholly'), price)).findings).toEqual([]);
    const stray = (evidence: Evidence) =>
      evidence.payments.push({ ...paymentOf(evidence, 'nothing'), id: 'stray', reference: 'stray' });
    expect(about(stray).counts.lost).toBe(1);
  });

  test('lets a session watch a payment that nobody approved, and not one that holds money', () => {
    const evidence = goodEvidence();
    Object.assign(workflowOf(evidence, 'expired'), { status: 'RUNNING', result: null });
    Object.assign(sessionOf(evidence, 'expired'), { nextDueAt: '2026-11-26T10:04:00.000Z' });
    expect(audit(evidence)).toMatchObject({ findings: [], honestlyOpen: 1 });
    Object.assign(paymentOf(evidence, 'expired'), {
      authorizedMinor: 500,
      authorizedAt: '2026-11-26T10:00:50.000Z',
    });
    expect(audit(evidence).counts.stuck).toBe(1);
  });

  test('lets a use at Vipps start at the look that showed its approval, but not many of them, nor one at Paycore', () => {
    const later = (session: { startedAt: string | null }): void => {
      const startedMs = Date.parse(session.startedAt ?? '');
      session.startedAt = new Date(startedMs + 10).toISOString();
    };
    const usedAt = (evidence: Evidence, partnerId: string) => {
      const used = evidence.sessions.find(
        (session) => session.partnerId === partnerId && session.startedAt !== null,
      );
      if (used === undefined) throw new Error(`no use at ${partnerId}`);
      return used;
    };
    const once = goodEvidence();
    later(usedAt(once, 'chaos-vipps'));
    expect(audit(once).findings).toEqual([]);
    const atPaycore = goodEvidence();
    later(usedAt(atPaycore, 'chaos-paycore'));
    expect(audit(atPaycore).counts.wrong).toBe(1);
    const often = goodEvidence();
    later(usedAt(often, 'chaos-vipps'));
    for (let n = 0; n < 4; n += 1) often.sessions.push({ ...usedAt(often, 'chaos-vipps') });
    expect(audit(often).findings.map(({ what }) => what)).toContain(
      'starts at a look and not at the approval, as too many others do',
    );
  });

  test('counts no end word that was sent before the start word: it was delayed, and meant for an earlier session', () => {
    const evidence = goodEvidence();
    const messageId = 'delayed-ENDCHARGE';
    const sentAt = '2026-11-26T09:59:50.000Z';
    const row = find(evidence.inbound, (candidate) => candidate.messageId === 'partly-ENDCHARGE');
    const text = find(evidence.texts, (candidate) => candidate.messageId === 'partly-ENDCHARGE');
    evidence.inbound.push({ ...row, inboxId: messageId, messageId, sentAt, sequence: row.sequence - 0.5 });
    evidence.texts.push({ ...text, id: messageId, messageId, at: sentAt });
    const partly = sessionOf(evidence, 'partly');
    const createdAt = '2026-11-26T09:59:00.000Z';
    evidence.sessions.push({ ...partly, sessionId: 'earlier', createdAt });
    const ofPartly = () => audit(evidence).findings.filter(({ subject }) => subject === 'session partly');
    expect(ofPartly()).toEqual([]);
    Object.assign(partly, { endedAt: partly.startedAt });
    expect(ofPartly()).toContainEqual(expect.objectContaining({ what: expect.stringMatching(/^ends at/) }));
  });

  test('takes a stamp ahead of the receipt for the receipt, and an end before its CHARGE for the start of the use', () => {
    const stamped = (at: string) => {
      const evidence = goodEvidence();
      find(evidence.texts, ({ messageId }) => messageId === 'partly-ENDCHARGE').at = at;
      return { ...audit(evidence), startedAt: sessionOf(evidence, 'partly').startedAt };
    };
    for (const ahead of ['2026-11-26T11:00:00.000Z', '2030-01-01T00:00:00.000Z'])
      expect(stamped(ahead)).toMatchObject({ findings: [], kinds: { stampsAhead: 1, stampsBehind: 0 } });
    const behind = stamped('2026-11-26T09:58:00.000Z');
    expect(behind.findings.map(({ what }) => what)).toContainEqual(
      `ends at 2026-11-26T10:00:05.400Z, should at ${behind.startedAt}`,
    );
    expect(behind.kinds).toMatchObject({ stampsAhead: 0, stampsBehind: 1, endsBeforeStart: 1 });
  });

  test('counts foreign and general words, and names what a run never met', () => {
    const evidence = goodEvidence();
    Object.assign(evidence.terms.endWords, { other: 'ENDPARK' });
    const [row, text] = [evidence.inbound[1], evidence.texts[1]];
    if (!row || !text) throw new Error('there is an end word');
    const [messageId, inboxId] = ['foreign', 'inbox-foreign'];
    evidence.texts.push({ ...text, id: 'foreign', messageId, text: 'ENDPARK' });
    const reply = { assignmentKind: 'reply', replyKind: 'noSession', signal: null, sessionId: null };
    evidence.inbound.push({ ...row, ...reply, messageId, inboxId });
    text.text = 'STOP';
    const verdict = audit(evidence);
    const met = { stampsAhead: 0, stampsBehind: 0, endsBeforeStart: 0, foreignWords: 1, generalWords: 1 };
    expect(verdict.kinds).toEqual({ ...met, pageViews: 60, continuedRuns: 1 });
    const plans = new Map(PLANS.map(([plan]) => [plan, 1] as const));
    expect(neverMet({ verdict, evidence, plans })).toEqual([]);
    const many = Array.from({ length: 20 }, () => sessionOf(evidence, 'partly'));
    const missing = neverMet({ verdict, evidence: { ...evidence, sessions: many }, plans });
    expect(missing).toEqual(['stampsAhead', 'stampsBehind', 'endsBeforeStart']);
    verdict.kinds.continuedRuns = 0;
    expect(neverMet({ verdict, evidence: { ...evidence, sessions: many }, plans })).toContain(
      'continuedRuns',
    );
    plans.delete('comesBack');
    expect(neverMet({ verdict, evidence: { ...evidence, sessions: many }, plans })).toContain('comesBack');
  });

  test('lets an end word that came after the limit stand back, when a person was asked to look', () => {
    const evidence = goodEvidence();
    const limit = '2026-11-26T10:00:22.000Z';
    const row = find(evidence.inbound, ({ messageId }) => messageId === 'partly-ENDCHARGE');
    row.dispatchedAt = '2026-11-26T10:00:23.000Z';
    const ended = {
      endedAt: limit,
      computedMinor: 1_900,
      shortfallMinor: 1_400,
      capturedMinor: 500,
      releasedMinor: 0,
    };
    Object.assign(sessionOf(evidence, 'partly'), { ...ended, releaseSource: null });
    Object.assign(paymentOf(evidence, 'partly'), { capturedMinor: 500, releasedMinor: 0 });
    const { result } = workflowOf(evidence, 'partly');
    if (result) Object.assign(result, { computedMinor: 1_900, capturedMinor: 500, releasedMinor: 0 });
    const about = find(evidence.attempts, ({ sessionId }) => sessionId === 'partly');
    Object.assign(about, { capturedMinor: 500, releasedMinor: 0 });
    const receipt = find(evidence.receipts, ({ sessionId }) => sessionId === 'partly');
    Object.assign(receipt, { grossMinor: 500, capturedMinor: 500, netMinor: 400, vatMinor: 100 });
    const text = find(evidence.texts, ({ messageId }) => messageId === 'gateway-partly-receipt-1');
    text.text = text.text.replace('3 NOK', '5 NOK');

    expect(audit(evidence).findings).toContainEqual(
      expect.objectContaining({ what: expect.stringMatching(/^ends at/) }),
    );
    evidence.tasks.push({ sessionId: 'partly', reason: 'lateEndCharge' });
    expect(audit(evidence).findings).toEqual([]);
    row.dispatchedAt = '2026-11-26T10:00:06.000Z';
    expect(audit(evidence).findings).toContainEqual(
      expect.objectContaining({ what: expect.stringMatching(/^ends at/) }),
    );
  });

  test.each([
    [-1, 0],
    [0, 0],
    [1_000, 0],
    [1_001, 100],
    [2_000, 100],
    [2_001, 200],
    [9_999, 900],
  ])('prices %i ms at %i', (usedMs, price) => {
    expect(priceMinor(goodEvidence().terms, usedMs)).toBe(price);
  });
});
