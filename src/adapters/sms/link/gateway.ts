import type { InboundHttpRequest, WebhookRefusal } from '../../../ports/webhooks.ts';
import type { SmsGateway } from '../../../ports/sms-gateway.ts';
import { basicAuthorization, requireBasicCredentials } from '../../http/credentials.ts';
import { exchange } from '../../http/exchange.ts';
import type { LinkAccount } from './settings.ts';
import { readSendReply, toSendRequest } from './send.ts';
import { toDeliveryReport, toMoMessage, type UnreadableRecord } from './transform.ts';
import { readRecords, type WebhookRecord } from './webhook-record.ts';

/**
 * LINK Mobility's Common platform ("REST API"; SMS_REST_API_MT_DLR 1.18, SMS_REST_API_MO 1.7, COMMON-GATE-API 1.2).
 * `account`: its name in webhook addresses and rows. LINK signs nothing, so a webhook needs the Basic credentials that are
 * set on the gate. A call in which no record has the fields we need is refused: its gate's template is wrong, and LINK
 * repeats it until that is corrected.
 */
export function createLinkGateway(config: LinkAccount, account = 'link'): SmsGateway {
  const sendUrl = `${config.baseUrl.replace(/\/+$/, '')}/sms/send`;
  const authorization = basicAuthorization(config.username, config.password);
  const refuseSender = requireBasicCredentials(config.webhookUsername, config.webhookPassword);

  function parseAll<T extends object>(
    request: InboundHttpRequest,
    toItem: (record: WebhookRecord) => T | UnreadableRecord,
  ): { ok: true; items: T[]; unreadable: string[] } | WebhookRefusal {
    const refusal = refuseSender(request.headers);
    if (refusal) return refusal;
    const read = readRecords(request);
    if (!read.ok) return read;
    const items: T[] = [];
    const unreadable: UnreadableRecord[] = [];
    for (const record of read.records) {
      const item = toItem(record);
      if (isUnreadable(item)) unreadable.push(item);
      else items.push(item);
    }
    const [first] = unreadable;
    if (first && items.length === 0 && unreadable.every(({ repeatable }) => repeatable))
      return {
        ok: false,
        status: 400,
        detail: `The field ${first.unreadable} is missing or cannot be read.`,
      };
    return { ok: true, items, unreadable: unreadable.map((record) => record.unreadable) };
  }

  return {
    gateway: account,
    refuseSender,
    reportsDelivery: config.deliveryGateId !== null,
    async send(message) {
      const body = JSON.stringify(toSendRequest(config, message));
      const request = { method: 'POST', url: sendUrl, headers: { authorization }, body } as const;
      return readSendReply(await exchange(request, AbortSignal.timeout(config.timeoutMs)));
    },
    parseInbound(request) {
      const parsed = parseAll(request, toMoMessage);
      return parsed.ok ? { ok: true, messages: parsed.items, unreadable: parsed.unreadable } : parsed;
    },
    parseDelivery(request) {
      const parsed = parseAll(request, toDeliveryReport);
      return parsed.ok ? { ok: true, reports: parsed.items, unreadable: parsed.unreadable } : parsed;
    },
  };
}

function isUnreadable(item: object): item is UnreadableRecord {
  return 'unreadable' in item;
}
