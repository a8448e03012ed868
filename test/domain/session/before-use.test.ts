/** From CHARGE to approval: link, approval, cancellation, refusal, expiry, lost callbacks. Cases 1, 2, 5, 14. */
import { describe, expect, it } from 'vitest';
import { paymentReferenceOf } from '../../../src/domain/session/payment.ts';
import { decideFirst } from '../../../src/domain/session/decide.ts';
import { takeMoneyStep } from '../../../src/domain/session/money-step.ts';
import { newSession } from '../../../src/domain/session/state.ts';
import { instantMs } from '../../../src/domain/instant.ts';
import {
  after,
  authorized,
  CALLING,
  CHARGED_AT,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  SECOND_MS,
  SessionDrive,
  someTerms,
} from './session-drive.ts';
import { viewOf } from '../../../src/domain/session/view.ts';

const LINK_LIFE_MS = 15 * MINUTE_MS;

describe('the payment link', () => {
  it('goes out when the payment exists, once', () => {
    const drive = new SessionDrive();
    expect(drive.steps).toMatchObject([
      { step: 'reserve', amountMinor: 500, expiresAt: after(LINK_LIFE_MS) },
    ]);
    expect(drive.texts).toEqual([]);
    expect(drive.reserved().texts).toEqual(['paymentLink']);
  });

  it('is not sent when its life is over before the payment exists', () => {
    const drive = new SessionDrive().tick(LINK_LIFE_MS).reserved(LINK_LIFE_MS + SECOND_MS);
    expect(drive.texts).toEqual([]);
    expect(drive.read(LINK_LIFE_MS + 2 * SECOND_MS, { phase: 'pending' }).texts).toEqual(['expired']);
  });

  it.each([true, false])(
    'is not sent by a session that first runs after its life, and no payment is made (made on opening: %s)',
    (paymentOnOpen) => {
      const opened = decideFirst(
        newSession({
          sessionId: '0123456789abcdef0123456789abcdef',
          inboxId: 'inbox-charge',
          terms: someTerms({ payment: { ...CALLING, paymentOnOpen } }),
          requestedAt: CHARGED_AT,
          openedAt: CHARGED_AT,
          at: after(LINK_LIFE_MS),
        }),
      );
      expect(opened.session.phase.state).toBe('expired');
      expect(opened.commands).toEqual([{ command: 'sendText', kind: 'expired', n: 1 }]);
      expect(takeMoneyStep(opened.session).step).toBeNull();
    },
  );

  it('is replaced by an apology when the provider refuses the payment: nothing is held', () => {
    const drive = new SessionDrive().refused(SECOND_MS);
    expect(drive.shown).toMatchObject({ state: 'cancelled', attention: 'reservationRefused' });
    expect(drive.texts).toEqual(['couldNotStart']);
    expect(drive.told().slotFreed().isComplete).toBe(true);
  });
});

describe('billing starts', () => {
  it('when the provider says it was approved, not when we looked (case 1)', () => {
    const drive = new SessionDrive().reserved().approved(5 * MINUTE_MS, 2 * MINUTE_MS);
    expect(drive.shown).toMatchObject({ state: 'active', startedAt: after(2 * MINUTE_MS), adopted: 1 });
    expect(drive.fresh).toEqual([
      { command: 'computeUsedUpAt', startedAt: after(2 * MINUTE_MS), limitMinor: 500 },
    ]);
  });

  it.each([
    ['of this use', 2 * MINUTE_MS, 500, 0],
    ['of another start', 3 * MINUTE_MS, 500, 1],
    ['of another amount', 2 * MINUTE_MS, 400, 1],
  ])(
    'and a read that says when a reservation is used up counts where it is %s',
    (_, ms, limitMinor, computed) => {
      const drive = new SessionDrive().reserved();
      const usedUp = { startedAt: after(ms), limitMinor, at: after(5 * HOUR_MS) };
      drive.on({ type: 'paymentChanged' });
      drive.read(5 * MINUTE_MS, { ...authorized(), authorizedAt: after(2 * MINUTE_MS) }, { usedUp });
      expect(drive.countOf('computeUsedUpAt')).toBe(computed);
      expect(drive.session.phase).toMatchObject({ usedUpAt: computed === 0 ? after(5 * HOUR_MS) : null });
    },
  );

  it('at the first look that showed the approval, where the provider does not say when', () => {
    const drive = new SessionDrive().reserved().approved(5 * MINUTE_MS, null);
    expect(drive.shown.startedAt).toBe(after(5 * MINUTE_MS));
  });

  it('never before the payment was made, nor after the look, whatever the provider’s clock says', () => {
    const drive = new SessionDrive().reserved().approved(5 * MINUTE_MS, -HOUR_MS);
    expect(drive.shown.startedAt).toBe(CHARGED_AT);
    const ahead = new SessionDrive().reserved().approved(5 * MINUTE_MS, HOUR_MS);
    expect(ahead.shown.startedAt).toBe(after(5 * MINUTE_MS));
  });

  it('once: a later look with another instant changes nothing', () => {
    const drive = new SessionDrive().reserved().approved(5 * MINUTE_MS, 2 * MINUTE_MS);
    drive.approved(6 * MINUTE_MS, MINUTE_MS);
    expect(drive.shown.startedAt).toBe(after(2 * MINUTE_MS));
    expect(drive.countOf('computeUsedUpAt')).toBe(1);
  });

  it('also when the approval is read only after the link has expired', () => {
    const drive = new SessionDrive().reserved().tick(LINK_LIFE_MS);
    drive.read(LINK_LIFE_MS + SECOND_MS, { ...authorized(), authorizedAt: after(14 * MINUTE_MS) });
    expect(drive.shown).toMatchObject({ state: 'active', startedAt: after(14 * MINUTE_MS) });
    expect(drive.texts).toEqual(['paymentLink']);
  });
});

describe('ENDCHARGE before approval (case 2)', () => {
  it('cancels when the provider shows no approval, and withdraws the payment', () => {
    const drive = new SessionDrive({ payment: CALLING }).reserved().text('endCharge', MINUTE_MS);
    expect(drive.texts).toEqual(['paymentLink']);
    drive.read(MINUTE_MS + SECOND_MS, { phase: 'pending' });
    expect(drive.shown.state).toBe('cancelled');
    expect(drive.freshTexts).toEqual(['cancelled']);
    expect(drive.running?.step).toBe('abandon');
    drive
      .read(MINUTE_MS + 2 * SECOND_MS, { phase: 'abandoned' })
      .told()
      .slotFreed();
    expect(drive.attempt(1).outcome).toBe('abandoned');
    expect(drive.isComplete).toBe(true);
  });

  it('releases an approval that comes later, at once, and captures nothing', () => {
    const drive = new SessionDrive({ payment: CALLING }).reserved().text('endCharge', MINUTE_MS);
    drive.read(MINUTE_MS + 2 * SECOND_MS, { ...authorized(), authorizedAt: after(MINUTE_MS + SECOND_MS) });
    expect(drive.shown).toMatchObject({ state: 'cancelled', adopted: null, startedAt: null });
    expect(drive.running).toMatchObject({ step: 'release', amountMinor: 500 });
    expect(drive.texts).toEqual(['paymentLink', 'cancelled', 'lateApprovalReleased']);
  });

  it('releases what the customer approved in the race against the withdrawal', () => {
    const drive = new SessionDrive({ payment: CALLING }).reserved().text('endCharge', MINUTE_MS);
    drive.read(MINUTE_MS, { phase: 'pending' }).read(MINUTE_MS + SECOND_MS, authorized());
    expect(drive.running?.step).toBe('release');
  });

  it('counts an approval of the same instant as later', () => {
    const drive = new SessionDrive().reserved().text('endCharge', MINUTE_MS);
    drive.read(MINUTE_MS + SECOND_MS, { ...authorized(), authorizedAt: after(MINUTE_MS) });
    expect(drive.shown.state).toBe('cancelled');
  });

  it('prices the use when the approval came first and only its callback was late', () => {
    const drive = new SessionDrive().reserved().text('endCharge', 10 * MINUTE_MS);
    drive.read(10 * MINUTE_MS + SECOND_MS, { ...authorized(), authorizedAt: after(2 * MINUTE_MS) });
    expect(drive.shown).toMatchObject({ state: 'capturing', endReason: 'customer' });
    expect(drive.fresh).toContainEqual({
      command: 'priceUsage',
      startedAt: after(2 * MINUTE_MS),
      endedAt: after(10 * MINUTE_MS),
    });
  });

  it('looks again when the provider cannot say just now when it was approved: a use before it is priced', () => {
    const drive = new SessionDrive({ payment: CALLING }).reserved().text('endCharge', 10 * MINUTE_MS);
    drive.read(10 * MINUTE_MS + SECOND_MS, { ...authorized(), authorizedAt: null });
    expect(drive.shown).toMatchObject({ state: 'awaitingApproval', adopted: null });
    expect(drive.running).toBeNull();
    drive.tick(10 * MINUTE_MS + 11 * SECOND_MS).failed(10 * MINUTE_MS + 12 * SECOND_MS);
    expect(drive.shown.state).toBe('awaitingApproval');
    drive.on({ type: 'paymentChanged' });
    drive.read(10 * MINUTE_MS + 13 * SECOND_MS, { ...authorized(), authorizedAt: after(2 * MINUTE_MS) });
    expect(drive.shown).toMatchObject({ state: 'capturing', startedAt: after(2 * MINUTE_MS) });
  });

  it('looks again also past the end of the link: the approval came in time', () => {
    const drive = new SessionDrive({ payment: CALLING }).reserved().text('endCharge', 16 * MINUTE_MS);
    drive.read(16 * MINUTE_MS, { ...authorized(), authorizedAt: null });
    expect(drive.shown.state).toBe('awaitingApproval');
    expect(drive.running).toBeNull();
    drive.tick(16 * MINUTE_MS + 10 * SECOND_MS).failed(16 * MINUTE_MS + 11 * SECOND_MS);
    expect(drive.shown.state).toBe('awaitingApproval');
    drive.tick(16 * MINUTE_MS + 21 * SECOND_MS);
    drive.read(16 * MINUTE_MS + 22 * SECOND_MS, { ...authorized(), authorizedAt: after(14 * MINUTE_MS) });
    expect(drive.shown).toMatchObject({ state: 'capturing', startedAt: after(14 * MINUTE_MS) });
  });

  it('gives it back when nobody can say when it was approved, after three looks more', () => {
    const drive = new SessionDrive({ payment: CALLING }).reserved().text('endCharge', MINUTE_MS);
    for (let look = 0; look < 3; look += 1) {
      const lookMs = MINUTE_MS + look * 10 * SECOND_MS;
      drive.read(lookMs, { ...authorized(), authorizedAt: null });
      expect(drive.shown.state).toBe('awaitingApproval');
      drive.tick(lookMs + 10 * SECOND_MS);
    }
    drive.read(MINUTE_MS + 30 * SECOND_MS, { ...authorized(), authorizedAt: null });
    expect(drive.shown).toMatchObject({ state: 'cancelled', startedAt: null });
    expect(drive.running).toMatchObject({ step: 'release', amountMinor: 500 });
  });

  it('does not wait as long as failed reads would when it is then seen without its time', () => {
    const drive = new SessionDrive({ payment: CALLING })
      .reserved()
      .text('endCharge', MINUTE_MS)
      .failed(MINUTE_MS);
    for (const afterS of [10, 30, 70, 150])
      drive.tick(MINUTE_MS + afterS * SECOND_MS).failed(MINUTE_MS + afterS * SECOND_MS);
    drive.on({ type: 'paymentChanged' });
    drive.read(MINUTE_MS + 151 * SECOND_MS, { ...authorized(), authorizedAt: null });
    expect(drive.dueAt).toBe(after(MINUTE_MS + 161 * SECOND_MS));
    drive.tick(MINUTE_MS + 161 * SECOND_MS).failed(MINUTE_MS + 161 * SECOND_MS);
    expect(drive.dueAt).toBe(after(MINUTE_MS + 171 * SECOND_MS));
  });

  it('takes no look that others asked for instead of those three: callbacks may come in one second', () => {
    const drive = new SessionDrive({ payment: CALLING }).reserved().text('endCharge', MINUTE_MS);
    drive.read(MINUTE_MS, { ...authorized(), authorizedAt: null });
    for (let hint = 1; hint <= 4; hint += 1) {
      drive.on({ type: 'paymentChanged' });
      drive.read(MINUTE_MS + hint * 100, { ...authorized(), authorizedAt: null });
      expect(drive.shown.state).toBe('awaitingApproval');
    }
    expect(drive.dueAt).toBe(after(MINUTE_MS + 10 * SECOND_MS));
    drive.tick(MINUTE_MS + 10 * SECOND_MS);
    drive.read(MINUTE_MS + 11 * SECOND_MS, { ...authorized(), authorizedAt: after(30 * SECOND_MS) });
    expect(drive.shown).toMatchObject({ state: 'capturing', startedAt: after(30 * SECOND_MS) });
  });

  it('that is handled after the approval was read costs nothing when it was sent before', () => {
    const drive = new SessionDrive().reserved().approved(2 * MINUTE_MS);
    drive.text('endCharge', MINUTE_MS, 3 * MINUTE_MS);
    expect(drive.shown).toMatchObject({ startedAt: after(2 * MINUTE_MS), endedAt: after(2 * MINUTE_MS) });
  });

  it('is not decided by a look that began before it: the approval may have come between', () => {
    const drive = new SessionDrive().reserved().on({ type: 'paymentChanged' });
    drive.text('endCharge', MINUTE_MS).read(MINUTE_MS, { phase: 'pending' });
    expect(drive.shown.state).toBe('awaitingApproval');
    drive.read(MINUTE_MS + SECOND_MS, { ...authorized(), authorizedAt: after(MINUTE_MS - SECOND_MS) });
    expect(drive.shown.state).toBe('capturing');
  });

  it('takes its own first receipt where the gateway’s clock is ahead', () => {
    const drive = new SessionDrive().reserved().text('endCharge', 10 * MINUTE_MS, MINUTE_MS);
    drive.read(MINUTE_MS + SECOND_MS, { ...authorized(), authorizedAt: after(MINUTE_MS + 500) });
    expect(drive.shown.state).toBe('cancelled');
  });

  it('cancels although the provider cannot be asked; the payment is watched on', () => {
    const drive = new SessionDrive()
      .reserved()
      .text('endCharge', MINUTE_MS)
      .unread(2 * MINUTE_MS);
    expect(drive.shown.state).toBe('cancelled');
    expect(drive.attempt(1).stage).toBe('pending');
    expect(drive.dueAt).not.toBeNull();
  });

  it('cancels at once while the payment is being made; the payment that comes of it is withdrawn, its link never sent', () => {
    const drive = new SessionDrive({ payment: CALLING }).text('endCharge', SECOND_MS);
    expect(drive.texts).toEqual(['cancelled']);
    drive.reserved(2 * SECOND_MS);
    expect(drive.texts).toEqual(['cancelled']);
    expect(drive.running?.step).toBe('abandon');
  });

  it('by an operator cancels too, and a use it ends is recorded as ended by the operator', () => {
    const drive = new SessionDrive().reserved().on({ type: 'endNow', at: after(MINUTE_MS) });
    drive.read(MINUTE_MS, { ...authorized(), authorizedAt: after(30 * SECOND_MS) });
    expect(drive.shown).toMatchObject({ endedAt: after(MINUTE_MS), endReason: 'operator' });
  });
});

describe('a payment that comes to nothing', () => {
  it('does not expire by a look that began before the end of its link: the approval may have come between', () => {
    const drive = new SessionDrive().reserved().tick(LINK_LIFE_MS - MINUTE_MS);
    drive.read(LINK_LIFE_MS - MINUTE_MS, { phase: 'pending' });
    drive.tick(LINK_LIFE_MS - SECOND_MS).on({ type: 'paymentChanged' });
    expect(drive.running?.step).toBe('read');
    drive.tick(LINK_LIFE_MS).read(LINK_LIFE_MS + SECOND_MS, { phase: 'pending' });
    expect(drive.shown.state).toBe('awaitingApproval');
    expect(drive.running?.step).toBe('read');
    const authorizedAt = after(LINK_LIFE_MS - 500);
    drive.read(LINK_LIFE_MS + 2 * SECOND_MS, { ...authorized(), authorizedAt });
    expect(drive.shown).toMatchObject({ state: 'active', startedAt: authorizedAt });
  });

  it('expires with its link: a text, nothing held (case 5)', () => {
    const drive = new SessionDrive().reserved().tick(LINK_LIFE_MS).read(LINK_LIFE_MS, { phase: 'expired' });
    expect(drive.shown.state).toBe('expired');
    expect(drive.texts).toEqual(['paymentLink', 'expired']);
    drive.told().slotFreed();
    expect(drive.isComplete).toBe(true);
  });

  it('is looked at after its expiry until the grace is over, where the provider goes on saying it waits', () => {
    const drive = new SessionDrive().reserved().tick(LINK_LIFE_MS).read(LINK_LIFE_MS, { phase: 'pending' });
    drive.told().slotFreed();
    expect(drive.shown.state).toBe('expired');
    expect(drive.isComplete).toBe(false);
    const looksAtMs: number[] = [];
    while (drive.dueAt !== null) {
      const dueMs = instantMs(drive.dueAt) - instantMs(CHARGED_AT);
      looksAtMs.push(dueMs / MINUTE_MS);
      drive.tick(dueMs).read(dueMs, { phase: 'pending' });
    }
    expect(looksAtMs).toEqual([17, 22, 25]);
    expect(drive.attempt(1)).toMatchObject({ stage: 'settled', outcome: 'expired' });
    expect(drive.isComplete).toBe(true);
  });

  it('is told as declined when the customer says no in the wallet', () => {
    const drive = new SessionDrive().reserved().on({ type: 'paymentChanged' });
    drive.read(MINUTE_MS, { phase: 'declined' });
    expect(drive.shown.state).toBe('declined');
    expect(drive.texts).toEqual(['paymentLink', 'declined']);
  });

  it('is told as cancelled when the customer said no and sent ENDCHARGE', () => {
    const drive = new SessionDrive()
      .reserved()
      .text('endCharge', MINUTE_MS)
      .read(MINUTE_MS, { phase: 'declined' });
    expect(drive.shown.state).toBe('cancelled');
  });
});

it('the life of a link counts from the first try to open the session, as on the page', () => {
  const opened = newSession({
    sessionId: '0123456789abcdef0123456789abcdef',
    inboxId: 'inbox-charge',
    terms: someTerms(),
    requestedAt: CHARGED_AT,
    openedAt: CHARGED_AT,
    at: after(5 * MINUTE_MS),
  });
  expect(viewOf(opened).linkExpiresAt).toBe(after(LINK_LIFE_MS));
});

describe('a payment nobody knows to exist', () => {
  it('is told to the customer at once and watched, since nobody has its link', () => {
    const drive = new SessionDrive().failed(MINUTE_MS);
    expect(drive.shown).toMatchObject({ state: 'cancelled', attention: 'reservationUncertain' });
    expect(drive.texts).toEqual(['couldNotStart']);
    expect(drive.dueAt).toBe(after(2 * MINUTE_MS));
  });

  it('is released when it turns out to exist and to be approved', () => {
    const drive = new SessionDrive({ payment: CALLING }).failed(MINUTE_MS).told().slotFreed();
    drive.tick(2 * MINUTE_MS).read(2 * MINUTE_MS, authorized());
    expect(drive.running).toMatchObject({ step: 'release', amountMinor: 500 });
    drive.released(2 * MINUTE_MS).told();
    expect(drive.shown).toMatchObject({ state: 'cancelled', adopted: null, attention: null });
    expect(drive.isComplete).toBe(true);
  });

  it('is withdrawn when it turns out to exist and to wait', () => {
    const drive = new SessionDrive({ payment: CALLING }).failed(MINUTE_MS);
    drive.tick(2 * MINUTE_MS).read(2 * MINUTE_MS, { phase: 'pending' });
    expect(drive.running?.step).toBe('abandon');
    drive.read(2 * MINUTE_MS, { phase: 'abandoned' });
    expect(drive.shown.attention).toBeNull();
  });

  it('needs nobody any more once the provider has not known it for long enough', () => {
    const drive = new SessionDrive().failed(MINUTE_MS).told().slotFreed();
    drive.tick(25 * MINUTE_MS).read(25 * MINUTE_MS, null);
    expect(drive.attempt(1)).toMatchObject({ stage: 'settled', outcome: 'expired' });
    expect(drive.shown.attention).toBeNull();
    expect(drive.isComplete).toBe(true);
  });
});

describe('a lost callback (case 14)', () => {
  it('is made good by looks at 5, 15, 30, 60, 120 s and then every 5 min until expiry and grace', () => {
    const drive = new SessionDrive().reserved();
    const looksAt: number[] = [];
    while (drive.dueAt !== null && drive.shown.attempts[0]?.stage !== 'settled') {
      const dueMs = instantMs(drive.dueAt) - instantMs(CHARGED_AT);
      drive.tick(dueMs);
      if (drive.running === null) continue;
      looksAt.push(dueMs / SECOND_MS);
      drive.read(dueMs, { phase: 'pending' });
      if (drive.running !== null) throw new Error('two looks at one instant');
    }
    expect(looksAt).toEqual([5, 15, 30, 60, 120, 420, 720, 900, 1020, 1320, 1500]);
  });

  it('loses no look when the answer to the reservation took long', () => {
    const drive = new SessionDrive().reserved(40 * SECOND_MS);
    expect(drive.running?.step).toBe('read');
    drive.read(40 * SECOND_MS, { phase: 'pending' });
    expect(drive.dueAt).toBe(after(60 * SECOND_MS));
  });

  it('is made good by one look after a long stop, however many were missed', () => {
    const drive = new SessionDrive().reserved().tick(2 * DAY_MS);
    drive.read(2 * DAY_MS, { ...authorized(), authorizedAt: after(3 * MINUTE_MS) });
    expect(drive.calls).toEqual(['reserve', 'read']);
    expect(drive.shown).toMatchObject({
      state: 'capturing',
      startedAt: after(3 * MINUTE_MS),
      endedAt: after(3 * MINUTE_MS + DAY_MS),
      endReason: 'limit',
    });
  });
});

it('gives every attempt a reference of its own that vendors take', () => {
  const references = [1, 2, 3].map((attempt) =>
    paymentReferenceOf('0123456789abcdef0123456789abcdff', attempt),
  );
  expect(references).toEqual([
    's2p0123456789abcdef0123456789abcdff',
    's2p0123456789abcdef0123456789abcd00',
    's2p0123456789abcdef0123456789abcd01',
  ]);
});
