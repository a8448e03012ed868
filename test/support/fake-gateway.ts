import { SmsFault, type MtMessage, type SmsFaultKind, type SmsGateway } from '../../src/ports/sms-gateway.ts';

interface Fault {
  containing: string;
  kind: SmsFaultKind;
  code: string;
  afterSending: boolean;
  /** how often it still strikes */
  times: number;
}

/** An SMS gateway in memory: keeps what it sent, and can be made to fail for texts that hold `containing`. */
export class FakeGateway implements SmsGateway {
  readonly gateway: string;
  readonly reportsDelivery: boolean;
  readonly sent: MtMessage[] = [];
  private readonly faults: Fault[] = [];

  constructor(gateway = 'link', { reportsDelivery = true } = {}) {
    this.gateway = gateway;
    this.reportsDelivery = reportsDelivery;
  }

  failNext(
    containing: string,
    kind: SmsFaultKind,
    options: { afterSending?: boolean; times?: number; code?: string } = {},
  ): Fault {
    const { afterSending = false, times = 1, code = 'madeToFail' } = options;
    const fault = { containing, kind, code, afterSending, times };
    this.faults.push(fault);
    return fault;
  }

  textsTo(msisdn: string): string[] {
    return this.sent.filter((message) => message.msisdn === msisdn).map((message) => message.text);
  }

  async send(message: MtMessage): Promise<{ gatewayMessageId: string }> {
    const fault = this.faults.find(
      (candidate) => candidate.times > 0 && message.outboundId.includes(candidate.containing),
    );
    if (fault) fault.times -= 1;
    if (!fault || fault.afterSending) this.sent.push(message);
    if (fault) throw new SmsFault(fault.kind, 'made to fail', { code: fault.code });
    return await Promise.resolve({ gatewayMessageId: `mt-${this.sent.length}` });
  }

  parseInbound(): never {
    throw new Error('not used here');
  }

  parseDelivery(): never {
    throw new Error('not used here');
  }
}
