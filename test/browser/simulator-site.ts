// Owns: the simulator behind a real HTTP server, with sms2pay's answers given, for browser tests and screenshots.
import { Hono } from 'hono';
import { listen } from '../../src/main/http-server.ts';
import { createSimulator } from '../../src/simulator/index.ts';
import type { ServiceShown, SessionShown } from '../../src/simulator/sms2pay.ts';
import { assetRoutes } from '../../src/ui/assets.ts';
import {
  aPreTransaction,
  aSend,
  jsonPost,
  link,
  partner,
  signature,
  webhookLogin,
} from '../simulator/harness.ts';

export const SESSION_ID = '14e57c72f3a740728a1977c3ee122c07';

export const SERVICE: ServiceShown = {
  serviceId: 'charge',
  name: 'Charging',
  partnerName: 'Fjord Parking',
  shortNumber: '27222',
  startWord: 'CHARGE',
  endWord: 'ENDCHARGE',
  language: 'nb',
  price: { nb: '1 kr per påbegynt time', en: 'NOK 1 per started hour' },
  reservation: { nb: '5 kr', en: 'NOK 5' },
};

function waitingSession(): SessionShown {
  return {
    sessionId: SESSION_ID,
    phone: '4790000001',
    serviceName: 'Charging',
    state: 'awaitingApproval',
    createdAt: new Date().toISOString(),
    startedAt: null,
    endedAt: null,
    currency: 'NOK',
    reservedMinor: 0,
    soFarMinor: null,
    capturedMinor: 0,
    releasedMinor: 0,
    attention: null,
    knownAs: [SESSION_ID],
    workflowUrl: 'http://127.0.0.1:8233/',
  };
}

export async function openSimulatorSite() {
  const sessions: SessionShown[] = [];
  const place = { url: '' };
  const simulator = createSimulator({
    dataDir: null,
    baseUrl: () => `${place.url}/sim`,
    webhooks: () => ({ smsUrl: `${place.url}/taken`, deliveryUrl: `${place.url}/taken`, ...webhookLogin }),
    link,
    paycore: partner,
    shortNumber: '27222',
    sms2pay: {
      sessions: () => Promise.resolve(sessions),
      services: () => Promise.resolve([SERVICE]),
      limitOf: () => Promise.resolve(null),
    },
  });
  const host = new Hono()
    .route('/', assetRoutes())
    .post('/taken', (c) => c.text('OK'))
    .route('/sim', simulator.app);
  const server = await listen({ host: '127.0.0.1', port: 0, portGiven: false }, (request) =>
    host.fetch(request),
  );
  place.url = server.url;
  const url = `${server.url}/sim`;

  /** What a partner's system texts to the first phone. */
  const textToPhone = async (userData: string): Promise<void> => {
    const authorization = `Basic ${btoa(`${link.username}:${link.password}`)}`;
    await fetch(`${url}/link/sms/send`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(aSend({ userData, refId: `${SESSION_ID}-paymentLink-1` })),
    });
  };
  const askForPayment = async (): Promise<string> => {
    const body = JSON.stringify(
      aPreTransaction({
        referenceId: `s2p${SESSION_ID}`,
        description: 'Charging',
        msisdn: '+4790000001',
        expiryUtc: new Date(Date.now() + 900_000).toISOString(),
        returnUrl: `${url}/signs`,
      }),
    );
    const at = { method: 'POST', url: `${url}/paycore/api/pre-transactions`, body, wallMs: Date.now() };
    const headers = { authorization: signature(at), 'content-type': 'application/json' };
    const answer = await fetch(at.url, { method: 'POST', headers, body });
    return answer.headers.get('location')?.split('/').at(-1) ?? '';
  };
  return {
    url,
    simulator,
    sessions,
    textToPhone,
    askForPayment,
    /** As after CHARGE: the text, the request for payment and the link are there. */
    async beginSession(): Promise<void> {
      sessions.unshift(waitingSession());
      await fetch(`${url}/api/sms`, jsonPost({ from: '+4790000001', to: '27222', text: 'CHARGE' }));
      const id = await askForPayment();
      const landing = `${url}/paycore/pre-transactions/${partner.partnerId}/${id}`;
      await textToPhone(`Fjord Parking asks you to reserve 5 kr. You pay only for what you use: ${landing}`);
    },
    async close(): Promise<void> {
      await simulator.close();
      await server.close();
    },
  };
}

export type SimulatorSite = Awaited<ReturnType<typeof openSimulatorSite>>;
