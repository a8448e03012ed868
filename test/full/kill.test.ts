// One kill -9 that catches six customers at six different moments, with Temporal hanging, and one new start. Each of them
// must end as if nothing had happened.
import { connect } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { linkIn, type Customer, type Reservation } from '../support/customer.ts';
import { Installation } from '../e2e/installation.ts';
import { descendantsOf, isAlive } from '../support/processes.ts';
import { setUp } from '../e2e/set-up.ts';

const TEST_LIMIT_MS = 180_000;
const GATEWAY_LIMIT_MS = 2_000;
/** A call that was cut off is taken up after seconds; where no key removes doubles, once it must be over (20 s). */
const TAKEN_UP_LIMIT_MS = 40_000;
/** Longer than anything here takes: it hangs until the kill. */
const HANG_MS = 600_000;

describe('kill -9', { timeout: TEST_LIMIT_MS }, () => {
  let installation: Installation;
  /** has a link and has not opened it */
  let invited: { customer: Customer; link: string };
  /** uses the service */
  let using: Using;
  /** the capture call is under way and has not reached the provider's ledger */
  let capturing: Using;
  /** the capture call is under way; the provider has acted and not answered */
  let captured: Using;
  /** ENDCHARGE is stored, and not passed on */
  let ending: Using;
  /** CHARGE is stored, and not passed on */
  let starting: Customer;
  let startedBefore: number[];
  let callsBefore: number;
  let gatewayWaitedMs: number;
  let messages: string[];

  async function setTheScene(): Promise<void> {
    installation = await Installation.create();
    await installation.start();
    const { client } = installation;
    [using, capturing, captured, ending] = await Promise.all([
      begin(installation),
      begin(installation),
      begin(installation),
      begin(installation),
    ]);
    await client.later({ hours: 1 });
    const customer = installation.newCustomer();
    invited = { customer, link: (await customer.charge()).link };
    starting = installation.newCustomer();

    await endWithFault(installation, captured, 'timeoutAfterActing');
    await endWithFault(installation, capturing, 'delay');
    startedBefore = await descendantsOf(installation.app.process.pid);
    // From here on messages can be stored, but not passed on.
    for (const pid of await installation.temporalPids()) process.kill(pid, 'SIGSTOP');
    messages = [mo(ending.customer, 'ENDCHARGE'), mo(starting, 'CHARGE')];
    const beforeMs = performance.now();
    expect(await push(installation, messages)).toEqual([200, 200]);
    gatewayWaitedMs = performance.now() - beforeMs;
    expect((await client.payment(captured.paymentId)).capturedMinor).toBe(100);
    expect((await client.payment(capturing.paymentId)).capturedMinor).toBe(0);

    callsBefore = (await client.callsAbout(capturing.paymentId)).length;

    await installation.app.kill();
    expect(await connects(client.url)).toBe(false);
    await installation.start();
  }
  setUp(setTheScene, () => installation?.end(), TEST_LIMIT_MS);

  test('leaves no process of the killed one, also when its Temporal server hangs', async () => {
    expect(startedBefore.length).toBeGreaterThan(1);
    await vi.waitFor(() => expect(startedBefore.filter(isAlive)).toEqual([]), { timeout: 20_000 });
    expect(await installation.temporalPids()).toHaveLength(1);
  });

  test('after the webhook has stored a message: it is passed on, and once only when the gateway repeats it', async () => {
    expect(gatewayWaitedMs).toBeLessThan(GATEWAY_LIMIT_MS);
    expect(await push(installation, messages)).toEqual([200, 200]);
    await expectOneKronePaid(installation, ending);
    const link = linkIn(await starting.nextText(), '/p/');
    await starting.approve(await starting.openLink(link));
    await starting.waitForPage(link, 'You have started');
  });

  test('between CHARGE and ENDCHARGE: the session goes on where it was', async () => {
    await using.customer.send('ENDCHARGE');
    await expectOneKronePaid(installation, using);
    // The link in the text from before is still good.
    const { customer, link } = invited;
    await customer.approve(await customer.openLink(link));
    await customer.waitForPage(link, 'You have started');
  });

  test('during the capture call, before the provider has acted: captured by one new call, after a look', async () => {
    await expectOneKronePaid(installation, capturing);
    const transaction = `/api/transactions/4711/${capturing.paymentId}`;
    expect(await captureCalls(installation, capturing)).toEqual([
      { call: `PUT ${transaction}/capture?amount=1.00`, status: 200 },
    ]);
    const [firstAfter] = (await installation.client.callsAbout(capturing.paymentId)).slice(callsBefore);
    expect(firstAfter).toEqual({ call: `GET ${transaction}`, status: 200 });
  });

  test('during the capture call, after the provider has acted: found out by a look, not captured again', async () => {
    await expectOneKronePaid(installation, captured);
    expect(await captureCalls(installation, captured)).toEqual([
      { call: `PUT /api/transactions/4711/${captured.paymentId}/capture?amount=1.00`, status: null },
    ]);
  });

  test('at none of these moments makes anything happen twice', async () => {
    const { client } = installation;
    // Waits for whatever any session still has to do.
    await client.later({ seconds: 60 });
    for (const { customer, receipt } of [using, capturing, captured, ending]) {
      expect(await customer.unread()).toEqual([]);
      expect((await customer.inbox()).filter((text) => text === receipt)).toHaveLength(1);
    }
    expect(await invited.customer.unread()).toEqual([]);
    expect(await starting.unread()).toEqual([]);
    expect(await client.payments()).toHaveLength(6);
  });
});

interface Using extends Reservation {
  customer: Customer;
  /** the text, once it has come */
  receipt: string | null;
}

async function begin(installation: Installation): Promise<Using> {
  const customer = installation.newCustomer();
  return { customer, receipt: null, ...(await customer.reserve()) };
}

/** Ends the use and waits until the capture call hangs. */
async function endWithFault(installation: Installation, { customer }: Using, kind: string): Promise<void> {
  const { client } = installation;
  await client.addFault({ operation: 'capture', kind, ms: HANG_MS });
  await customer.send('ENDCHARGE');
  await vi.waitFor(async () => expect((await client.faults()).at(-1)).toMatchObject({ kind, fired: 1 }), {
    timeout: 20_000,
  });
}

/** One NOK captured, and one receipt text that leads to a page with the same amount. */
async function expectOneKronePaid({ client }: Installation, session: Using): Promise<void> {
  const { customer, paymentId } = session;
  const [receipt] = await vi.waitFor(
    async () => {
      const texts = await customer.unread();
      expect(texts).toEqual([expect.stringContaining('You have been charged 1 NOK')]);
      return texts;
    },
    { timeout: TAKEN_UP_LIMIT_MS, interval: 250 },
  );
  session.receipt = await customer.nextText();
  expect(session.receipt).toBe(receipt);
  expect((await client.page(linkIn(session.receipt, '/r/'))).body).toMatch(/Charged<\/dt><dd>NOK\s1\.00/);
  expect(await client.payment(paymentId)).toMatchObject({ status: 'captured', capturedMinor: 100 });
}

async function captureCalls({ client }: Installation, { paymentId }: Using) {
  const calls = await client.callsAbout(paymentId);
  return calls.filter(({ call }) => call.startsWith('PUT '));
}

/** A message as LINK's gate pushes it. Not by way of the simulator, which would repeat it by itself. */
function mo(customer: Customer, text: string): string {
  return JSON.stringify({
    messageId: crypto.randomUUID(),
    source: customer.msisdn,
    destination: 'NO-27222',
    content: { userData: text },
  });
}

async function push(installation: Installation, bodies: readonly string[]): Promise<number[]> {
  const authorization = await installation.gatewayCredentials();
  const headers = { 'content-type': 'application/json', authorization };
  const answers = bodies.map((body) =>
    fetch(`${installation.client.url}/webhooks/sms/link`, { method: 'POST', headers, body }),
  );
  return (await Promise.all(answers)).map(({ status }) => status);
}

function connects(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((done) => {
    const socket = connect(Number(port), hostname);
    const finish = (answer: boolean) => () => {
      socket.destroy();
      done(answer);
    };
    socket.once('connect', finish(true)).once('error', finish(false));
  });
}
