import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE_MS, SessionWorld } from '../support/session-world.ts';

let world: SessionWorld;
beforeAll(async () => {
  world = await SessionWorld.open();
});
afterAll(() => world.close());

describe('case 2: ENDCHARGE before approval', () => {
  it('cancels, and gives a later approval back without capturing', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    customer.provider.capabilities.abandon = false;
    const session = await customer.charge();
    await customer.text('ENDCHARGE');
    await session.untilState('cancelled');
    customer.provider.approve(session.reference);
    await session.lookAtProvider();
    const end = await session.ended();
    expect(end).toMatchObject({ state: 'cancelled', capturedMinor: 0 });
    expect(customer.provider.truth(session.reference)).toMatchObject({
      capturedMinor: 0,
      releasedMinor: 500,
    });
    expect(customer.provider.countOf('capture', session.reference)).toBe(0);
  });

  it('withdraws the payment at a provider that can', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await customer.charge();
    await customer.text('ENDCHARGE');
    expect(await session.ended()).toMatchObject({ state: 'cancelled' });
    expect(customer.provider.truth(session.reference).phase).toBe('abandoned');
  });

  it('bills the use when the approval came before the ENDCHARGE and only its callback was lost', async () => {
    const customer = await world.subscriber();
    const session = await customer.charge();
    // An approval of the very millisecond of the ENDCHARGE counts as later.
    const approvedAt = new Date(Date.parse(world.now()) - 1).toISOString();
    customer.provider.approve(session.reference, approvedAt);
    await customer.text('ENDCHARGE');
    const end = await session.until((view) => view.endedAt !== null);
    expect(end.startedAt).toBe(approvedAt);
  });

  it('keeps nothing it cannot release: the reservation is assumed to lapse and a person is told', async () => {
    const customer = await world.subscriber({ provider: 'assuming' });
    const session = await customer.charge();
    await customer.text('ENDCHARGE');
    await session.untilState('cancelled');
    customer.provider.approve(session.reference);
    await session.lookAtProvider();
    expect(await session.ended()).toMatchObject({
      state: 'cancelled',
      releasedMinor: 500,
      releaseSource: 'assumed',
      needsAttention: true,
      attentionReason: 'releaseNotCallable',
    });
  });
});

describe('case 3: CHARGE while one runs', () => {
  it('repeats the link while it waits and tells the state while it runs, without a second session', async () => {
    const customer = await world.subscriber();
    const session = await customer.charge();
    await customer.text('CHARGE');
    const [first, again] = await customer.untilTexts(2);
    const linkOf = (text: string | undefined): string | undefined => /https:\S+/.exec(text ?? '')?.[0];
    expect(linkOf(again)).toBe(linkOf(first));
    await session.approve();
    await customer.text('CHARGE');
    const texts = await customer.untilTexts(3);
    expect(texts[2]).toContain('ENDCHARGE');
    expect(await customer.sessionIds()).toEqual([session.sessionId]);
  });

  it('starts a new session while an old capture is still being retried', async () => {
    const customer = await world.subscriber();
    const session = await customer.charge();
    await session.approve();
    await session.later(60 * MINUTE_MS);
    const fault = customer.provider.failNext('capture', 'unavailable', { times: 1_000 });
    await customer.text('ENDCHARGE');
    await session.untilState('capturing');
    await session.later(10 * MINUTE_MS);
    await session.until((view) => view.needsAttention);
    await customer.text('CHARGE');
    const next = await customer.newSession(new Set([session.sessionId]));
    await next.until((view) => view.state === 'awaitingApproval');
    fault.times = 0;
    expect(await session.operator('retryCapture')).toEqual({ done: true });
    expect(await session.ended()).toMatchObject({ state: 'captured', capturedMinor: 100 });
  });
});

describe('case 5: the link', () => {
  // The payment's life was once reckoned from the start word: whoever tapped late could not pay.
  it('leads to the wallet whenever it is opened first, as long as it holds', async () => {
    const customer = await world.subscriber({ provider: 'onOpen' });
    const session = await customer.charge();
    await session.later(12 * MINUTE_MS);
    expect(await session.open()).toMatchObject({ kind: 'redirect' });
    await session.approve();
  });

  it('expires unused: one text, nothing held, and the workflow ends after the grace', async () => {
    const customer = await world.subscriber();
    const session = await customer.charge();
    await session.later(16 * MINUTE_MS);
    await session.untilState('expired');
    const end = await session.runOut();
    expect(end).toMatchObject({ state: 'expired', reservedMinor: 0, capturedMinor: 0 });
    expect(customer.texts()).toHaveLength(2);
  });

  it('gives back what is approved after it has expired', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    customer.provider.capabilities.abandon = false;
    const session = await customer.charge();
    await session.later(16 * MINUTE_MS);
    await session.untilState('expired');
    customer.provider.approve(session.reference);
    await session.later(6 * MINUTE_MS);
    expect(await session.ended()).toMatchObject({ state: 'expired', capturedMinor: 0 });
    expect(customer.provider.truth(session.reference).releasedMinor).toBe(500);
  });
});

describe('what the wallet says', () => {
  it('tells a decline and ends', async () => {
    const customer = await world.subscriber();
    const session = await customer.charge();
    customer.provider.reject(session.reference);
    await session.lookAtProvider();
    expect(await session.ended()).toMatchObject({ state: 'declined', capturedMinor: 0 });
    expect(customer.texts()).toHaveLength(2);
  });

  it('case 14: is found by looking when the callback is lost', async () => {
    const customer = await world.subscriber();
    const session = await customer.charge();
    customer.provider.approve(session.reference);
    await session.later(15_000);
    expect(await session.untilState('active')).toMatchObject({ reservedMinor: 500 });
  });

  it('is not waited for when the provider refuses the reservation: the customer is told, a person too', async () => {
    const customer = await world.subscriber();
    customer.provider.failNext('reserve', 'rejected');
    await customer.text('CHARGE');
    const session = await customer.newSession();
    expect(await session.ended()).toMatchObject({
      state: 'cancelled',
      needsAttention: true,
      attentionReason: 'reservationRefused',
    });
    expect(customer.texts()).toHaveLength(1);
  });

  it('makes one payment when the answer to the reservation is lost', async () => {
    const customer = await world.subscriber();
    customer.provider.failNext('reserve', 'outcomeUnknown', { afterActing: true });
    const session = await customer.charge();
    await session.approve();
    expect(customer.provider.countOf('reserve', session.reference)).toBe(1);
  });
});

describe('case 13: the link where payments are made on opening', () => {
  it('makes one payment for two taps and the next only after the former is final', async () => {
    const customer = await world.subscriber({ provider: 'onOpen' });
    const session = await customer.charge();
    const [one, two] = await Promise.all([session.open(), session.open()]);
    expect(one).toEqual({ kind: 'redirect', url: `https://wallet.test/${session.reference}` });
    expect(two).toEqual(one);
    expect(customer.provider.countOf('reserve', session.reference)).toBe(1);
    await session.later(11 * MINUTE_MS);
    customer.provider.expire(session.reference);
    const third = await session.open();
    expect(third).toMatchObject({ kind: 'redirect' });
    expect(third).not.toEqual(one);
  });

  it('answers a tap after the approval with the session, and a tap after the expiry with the expiry', async () => {
    const customer = await world.subscriber();
    const session = await customer.charge();
    await session.approve();
    // The row follows the workflow; until then the tap leads to the wallet, which shows the same.
    await expect
      .poll(async () => (await world.stores.sessions.find(session.sessionId))?.state, { timeout: 15_000 })
      .toBe('active');
    expect(await session.open()).toEqual({ kind: 'alreadyApproved' });

    const late = await world.subscriber();
    const expired = await late.charge();
    await expired.later(16 * MINUTE_MS);
    expect(await expired.open()).toEqual({ kind: 'expired' });
  });
});
