import {
  IMPATIENT_MS,
  LINK_ACCOUNT,
  PATIENT_MS,
  SHORT_NUMBER,
  startSimulator,
  WEBHOOK,
} from './simulator-harness.ts';
import type { CreateGateway, SmsGatewayHarness, SmsGatewaySubject } from './sms-gateway.contract.ts';

/** The LINK adapter against the simulator's LINK: two readings of the same facts, written apart. */
export const linkSubject: SmsGatewaySubject = { open };

interface SimulatorText {
  direction: 'in' | 'out';
  from: string;
  text: string;
}

async function open(createGateway: CreateGateway): Promise<SmsGatewayHarness> {
  const simulator = await startSimulator();
  const configWithin = (timeoutMs: number) => ({
    ...LINK_ACCOUNT,
    baseUrl: `${simulator.baseUrl}/link`,
    deliveryGateId: 'delivery-gate',
    webhookUsername: WEBHOOK.username,
    webhookPassword: WEBHOOK.password,
    timeoutMs,
  });
  return {
    gateway: createGateway(configWithin(PATIENT_MS)),
    impatient: createGateway(configWithin(IMPATIENT_MS)),
    shortNumber: SHORT_NUMBER,
    async onPhone(msisdn) {
      const { body } = await simulator.api('GET', `/sms?msisdn=${msisdn}`);
      const { items } = body as { items: SimulatorText[] };
      const received = items.filter((text) => text.direction === 'out');
      return received.map(({ from, text }) => ({ from, text }));
    },
    textFrom: (msisdn, text) =>
      simulator.pushOf('/sms', () =>
        simulator.api('POST', '/sms', { from: `+${msisdn}`, to: SHORT_NUMBER, text }),
      ),
    deliveryReportOf: (act) => simulator.pushOf('/delivery', act),
    async disturbNext(operation, kind) {
      const { status } = await simulator.api('POST', '/faults', { operation, kind });
      if (status !== 201) throw new Error(`the simulator answered a fault with ${status}`);
    },
    close: () => simulator.close(),
  };
}
