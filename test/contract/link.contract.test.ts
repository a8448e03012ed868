import { createLinkGateway } from '../../src/adapters/sms/link/gateway.ts';
import {
  IMPATIENT_MS,
  LINK_ACCOUNT,
  PATIENT_MS,
  SHORT_NUMBER,
  startSimulator,
  WEBHOOK,
} from './simulator-harness.ts';
import { smsGatewayContract, type SmsGatewayHarness } from './sms-gateway.contract.ts';

/** The LINK adapter against the simulator's LINK: two readings of the same facts, written apart. */
smsGatewayContract({ name: 'link', create });

interface SimulatorText {
  direction: 'in' | 'out';
  from: string;
  text: string;
}

async function create(): Promise<SmsGatewayHarness> {
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
    gateway: createLinkGateway(configWithin(PATIENT_MS)),
    impatient: createLinkGateway(configWithin(IMPATIENT_MS)),
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
