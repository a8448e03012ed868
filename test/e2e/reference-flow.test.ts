// The whole of sms2pay as one process, seen through its public HTTP surface alone: on the embedded database, and in the full
// run on PostgreSQL too.
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { linkIn } from '../support/customer.ts';
import { openPglite } from '../../src/embedded/pglite.ts';
import { createTestDatabase, hasPostgres } from '../support/postgres.ts';
import { scaled } from '../support/scale.ts';
import { Installation } from './installation.ts';
import { setUp } from './set-up.ts';
import { databaseTraces, fileTraces, temporalTraces } from './traces.ts';

interface Database {
  name: string;
  available: boolean;
  create: () => Promise<{ settings: Record<string, string>; drop: () => Promise<void> }>;
  /** Looks into it once the application has stopped. */
  dump: (installation: Installation) => Promise<string>;
}

const pglite: Database = {
  name: 'embedded PGlite',
  available: true,
  create: async () => ({ settings: {}, drop: async () => {} }),
  dump: async ({ dataDir }) => {
    const database = await openPglite({ dataDir, report: () => {} });
    try {
      return await databaseTraces(database.createPool());
    } finally {
      await database.close();
    }
  },
};

const postgres: Database = {
  name: 'PostgreSQL',
  available: hasPostgres(),
  create: async () => {
    const database = await createTestDatabase();
    return {
      settings: { DATABASE_URL: database.url, SIMULATOR: 'on' },
      drop: () => database.drop(),
    };
  },
  dump: async ({ settings }) => {
    const pool = new pg.Pool({ connectionString: settings['DATABASE_URL'] });
    try {
      return await databaseTraces(pool);
    } finally {
      await pool.end();
    }
  },
};

type Body = NonNullable<RequestInit['body']>;

const TEST_LIMIT_MS = 120_000;
const UNKNOWN_WORD = 'Hemmelighetskremmeri';

for (const database of scaled({ sample: [pglite], rest: [postgres], full: [pglite, postgres] }))
  describe.skipIf(!database.available)(`on ${database.name}`, { timeout: TEST_LIMIT_MS }, () => {
    let installation: Installation;
    const undo: (() => Promise<void>)[] = [];

    setUp(
      async () => {
        const { settings, drop } = await database.create();
        undo.push(drop);
        installation = await Installation.create({ ...settings, LOG_LEVEL: 'trace' });
        undo.push(() => installation.end());
        await installation.start();
      },
      async () => {
        for (const step of undo.splice(0).toReversed()) await step();
      },
      TEST_LIMIT_MS,
    );

    test('one hour is 1 NOK of the 5 that were reserved, told by a text and a receipt page', async () => {
      const { client } = installation;
      const customer = installation.newCustomer();
      const { link, text } = await customer.charge();
      expect(text).toContain('5 kr');
      const [request] = await client.reserveRequests();
      expect(request).toMatchObject({ amount: '5.00', paymentProviders: ['Vipps'], sendSms: false });
      expect(request?.['smsReceiptText'] ?? null).toBeNull();

      const { length: before } = await client.demands();
      expect(before).toBeGreaterThan(0);
      const asked = await client.page(link);
      expect(asked).toMatchObject({ status: 200, body: expect.stringMatching(/NOK\s5\.00/) });
      // Previews and reloads open links too: nobody was asked for anything, nothing has changed.
      expect(await client.demands()).toHaveLength(before);
      const [payment] = await client.payments();
      expect(payment).toMatchObject({ status: 'pending', requestedMinor: 500, authorizedMinor: 0 });

      const { paymentId, returnUrl } = await customer.approve(await customer.openLink(link));
      expect(paymentId).toBe(payment?.id);
      expect((await client.page(returnUrl)).status).toBe(200);
      await customer.waitForPage(link, 'You have started');
      expect((await client.payment(paymentId)).status).toBe('authorized');
      await client.later({ hours: 1 });
      await customer.send('ENDCHARGE');

      const receiptText = await customer.nextText();
      expect(receiptText).toMatch(
        /^Thank you for using our service\. You have been charged 1 NOK \/ KR\. For receipt click here: http\S+\/r\/\S+$/,
      );
      expect(await client.payment(paymentId)).toMatchObject({ status: 'captured', capturedMinor: 100 });
      const transaction = `/api/transactions/4711/${paymentId}`;
      const calls = await client.callsAbout(paymentId);
      const capture = calls.findIndex(({ call }) => call.startsWith('PUT '));
      expect(calls[capture - 1]).toEqual({ call: `GET ${transaction}`, status: 200 });
      expect(calls[capture]).toEqual({ call: `PUT ${transaction}/capture?amount=1.00`, status: 200 });
      expect(calls.filter(({ call }) => call.startsWith('PUT '))).toHaveLength(1);

      const receipt = await client.page(linkIn(receiptText, '/r/'));
      expect(receipt).toMatchObject({
        status: 200,
        body: expect.stringMatching(/Charged<\/dt><dd>NOK\s1\.00/),
      });
      expect(await customer.waitForPage(link, 'Paid')).toMatch(/NOK\s1\.00/);
    });

    test('sessions begun before, between and after two hours in a row each pay for their own time', async () => {
      const { client } = installation;
      const first = installation.newCustomer();
      const early = [installation.newCustomer(), installation.newCustomer()];
      const between = [installation.newCustomer(), installation.newCustomer()];
      const last = installation.newCustomer();
      const reserveAll = (customers: typeof early) =>
        Promise.all(customers.map(async (customer) => ({ customer, ...(await customer.reserve()) })));

      const five = await reserveAll([first]);
      await client.later({ hours: 3 });
      const two = await reserveAll(early);
      await client.later({ hours: 1 });
      const one = await reserveAll(between);
      await client.later({ hours: 1 });
      const [none] = await reserveAll([last]);
      const paying = [
        { sessions: five, minor: 500, kroner: 5, query: '' },
        { sessions: two, minor: 200, kroner: 2, query: '?amount=2.00' },
        { sessions: one, minor: 100, kroner: 1, query: '?amount=1.00' },
      ].flatMap(({ sessions, ...expected }) => sessions.map((session) => ({ ...session, ...expected })));
      await Promise.all(
        [...paying, ...(none ? [none] : [])].map(({ customer }) => customer.send('ENDCHARGE')),
      );

      await Promise.all(
        paying.map(async ({ customer, paymentId, minor, kroner, query }) => {
          expect(await customer.nextText()).toContain(`You have been charged ${kroner} NOK`);
          expect((await client.payment(paymentId)).capturedMinor).toBe(minor);
          const captures = (await client.callsAbout(paymentId)).filter(({ call }) => call.startsWith('PUT '));
          expect(captures).toEqual([
            { call: `PUT /api/transactions/4711/${paymentId}/capture${query}`, status: 200 },
          ]);
        }),
      );
      // A moment of use is inside the grace: nothing is captured, and the customer is told so.
      expect(await last.nextText()).toBe(
        'Bruken er avsluttet. Du trekkes ikke for noe og får tilbake det som var reservert.',
      );
      expect(await client.payment(none?.paymentId ?? '')).toMatchObject({
        status: 'authorized',
        capturedMinor: 0,
      });
    });

    test('a message that comes again before, during and after its session does nothing twice', async () => {
      const { client } = installation;
      const payments = async () => (await client.payments()).length;
      const before = await payments();
      const customer = installation.newCustomer();
      const { link, messageId } = await customer.charge();
      await customer.send('CHARGE', { messageId });
      const { paymentId } = await customer.approve(await customer.openLink(link));
      await customer.waitForPage(link, 'You have started');
      await customer.send('CHARGE', { messageId });
      await client.later({ hours: 1 });
      const endMessageId = await customer.send('END CHARGE');
      await Promise.all([
        customer.send('END CHARGE', { messageId: endMessageId }),
        customer.send('CHARGE', { messageId }),
      ]);
      expect(await customer.nextText()).toContain('You have been charged 1 NOK');
      await customer.waitForPage(link, 'Paid');
      await customer.send('END CHARGE', { messageId: endMessageId });
      await customer.send('CHARGE', { messageId });
      // Waits for whatever any of them might have begun.
      await client.later({ seconds: 60 });
      expect(await customer.unread()).toEqual([]);
      expect(await payments()).toBe(before + 1);
      const calls = await client.callsAbout(paymentId);
      expect(calls.filter(({ call }) => call.startsWith('PUT '))).toHaveLength(1);
    });

    test('the receipt switch is read when the receipt is due: off is silence, also for a running session', async () => {
      const { client } = installation;
      const customer = installation.newCustomer();
      const { paymentId } = await customer.reserve();
      await client.later({ hours: 1 });
      await client.setReceipt(false);
      await customer.send('ENDCHARGE');
      expect((await customer.waitForCapture(paymentId)).capturedMinor).toBe(100);
      await client.later({ seconds: 60 });
      await client.setReceipt(true);
      expect(await customer.unread()).toEqual([]);
    });

    test('an unknown word is answered with help and starts nothing; a foreign short number is let go', async () => {
      const { client } = installation;
      const { length: before } = await client.payments();
      const customer = installation.newCustomer();
      await customer.send(UNKNOWN_WORD);
      expect(await customer.nextText()).toMatch(/^Det ordet kjenner vi ikke\. Send CHARGE for å starte/);
      await customer.send('CHARGE', { to: '26555' });
      await client.later({ seconds: 60 });
      expect(await customer.unread()).toEqual([]);
      expect(await client.payments()).toHaveLength(before);
    });

    test('a webhook call that is malformed, too large, of the wrong type or not from the gateway changes nothing', async () => {
      const { client } = installation;
      const authorization = await installation.gatewayCredentials();
      const address = await installation.temporalAddress();
      const customer = installation.newCustomer();
      const message = {
        messageId: crypto.randomUUID(),
        source: customer.msisdn,
        destination: 'NO-27222',
        content: { userData: 'CHARGE' },
      };
      const json = { 'content-type': 'application/json', authorization };
      const good = JSON.stringify(message);
      const without = (field: string) => JSON.stringify({ ...message, [field]: undefined });
      const huge = JSON.stringify({ ...message, padding: 'x'.repeat(64 * 1024) });
      const { workflows } = await temporalTraces(address);
      const refusals: [name: string, status: number, headers: Record<string, string>, body: Body][] = [
        ['not JSON', 400, json, good.slice(0, -1)],
        ['no object', 400, json, '"CHARGE"'],
        ['no message id', 400, json, without('messageId')],
        ['no sender', 400, json, without('source')],
        ['no text', 400, json, without('content')],
        ['only bad messages', 400, json, '[{},{}]'],
        ['over 64 KiB', 413, json, huge],
        ['over 64 KiB, not announced', 413, json, new Blob([huge]).stream()],
        ['XML', 415, { ...json, 'content-type': 'text/xml' }, '<mo/>'],
        ['no type', 415, { authorization }, new TextEncoder().encode(good)],
        ['no credentials', 401, { 'content-type': 'application/json' }, good],
        ['wrong credentials', 401, { ...json, authorization: `Basic ${btoa('link:wrong')}` }, good],
      ];
      for (const [name, status, headers, body] of refusals) {
        const answer = await fetch(`${client.url}/webhooks/sms/link`, {
          method: 'POST',
          headers,
          body,
          // Node sends a stream only when told that it will not read the answer meanwhile.
          ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
        });
        expect(answer.status, name).toBe(status);
        expect(answer.headers.get('content-type'), name).toBe('application/problem+json');
        expect(await answer.json(), name).toMatchObject({ status, detail: expect.any(String) });
      }
      // Repeating it would never make it readable: acknowledged, and dropped.
      const unreadable = await fetch(`${client.url}/webhooks/sms/link`, {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ ...message, messageId: crypto.randomUUID(), source: 'Kari' }),
      });
      expect(unreadable.status).toBe(200);
      const callback = await fetch(`${client.url}/webhooks/payments/paycore?id=1`);
      expect(callback.status).toBe(401);

      await client.later({ seconds: 60 });
      expect(await customer.unread()).toEqual([]);
      expect((await temporalTraces(address)).workflows).toBe(workflows);
      // What makes the above worth something: the same message, as it should be, is taken.
      const taken = await fetch(`${client.url}/webhooks/sms/link`, {
        method: 'POST',
        headers: json,
        body: good,
      });
      expect(taken.status).toBe(200);
      expect(linkIn(await customer.nextText(), '/p/')).toContain(client.url);
    });

    test('no phone number and no text of a customer is left anywhere in clear', async () => {
      const { client, customers, dataDir } = installation;
      const exchanges = await client.exchanges();
      const links = (await client.texts()).flatMap(({ text }) => text.match(/http\S+/g) ?? []);
      const pages = await Promise.all([...new Set(links)].map((link) => client.page(link)));
      const [payment] = await client.payments();
      const { text: histories } = await temporalTraces(await installation.temporalAddress());
      const { code, stdout, stderr } = await installation.app.stop();
      expect(code).toBe(0);
      const tables = await database.dump(installation);
      const files = await fileTraces(dataDir, (path) => path.startsWith('simulator'));

      const secrets = [...customers.map(({ msisdn }) => msisdn.slice(-10)), UNKNOWN_WORD.toLowerCase()];
      // With each place something that is there, so that a place nobody could read does not count as clean.
      const places: Record<string, [found: string, text: string]> = {
        'workflow ids, details and histories': ['"sessionid":"', histories],
        log: ['"route":"/webhooks/sms/:gateway"', stderr],
        'standard output': ['sms2pay is ready', stdout],
        'addresses and headers of calls': [
          '/capture?amount=1.00',
          exchanges.map(({ url, requestHeaders }) => `${url} ${JSON.stringify(requestHeaders)}`).join('\n'),
        ],
        pages: ['nok', pages.map(({ body }) => body).join('\n')],
        'database tables': [payment?.id ?? '', tables],
        'files of the servers': ['"sessionid":"', files],
      };
      for (const [place, [found, text]] of Object.entries(places)) {
        const searched = text.toLowerCase();
        expect(searched.includes(found.toLowerCase()), `${place}: can be searched`).toBe(true);
        expect(
          secrets.filter((secret) => searched.includes(secret)),
          place,
        ).toEqual([]);
      }
      // The vendors are told, or there would be no texts: so the search is for the right words.
      const bodies = exchanges.map(({ requestBody }) => requestBody.toLowerCase()).join('\n');
      expect(secrets.filter((secret) => !bodies.includes(secret))).toEqual([]);
    });
  });
