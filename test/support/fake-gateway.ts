import { SmsFault, type MtMessage, type SmsFaultKind, type SmsGateway } from '../../src/ports/sms-gateway.ts';

/** An SMS gateway in memory: keeps what it sent, and can be made to fail for texts that hold `containing`. */
export class FakeGateway implements SmsGateway {
  readonly gateway = 'link';
  readonly sent: MtMessage[] = [];
  private readonly faults: {
    containing: string;
    kind: SmsFaultKind;
    afterSending: boolean;
    times: number;
  }[] = [];

  failNext(
    containing: string,
    kind: SmsFaultKind,
    options: { afterSending?: boolean; times?: number } = {},
  ): void {
    this.faults.push({
      containing,
      kind,
      afterSending: options.afterSending ?? false,
      times: options.times ?? 1,
    });
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
    if (fault) throw new SmsFault(fault.kind, 'made to fail');
    return await Promise.resolve({ gatewayMessageId: `mt-${this.sent.length}` });
  }

  parseInbound(): never {
    throw new Error('not used here');
  }

  parseDelivery(): never {
    throw new Error('not used here');
  }
}
