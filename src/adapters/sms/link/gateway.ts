import type { InboundHttpRequest, WebhookRefusal } from '../../../ports/http-message.ts';
import type { SmsGateway } from '../../../ports/sms-gateway.ts';
import { createLinkClient } from './client.ts';
import type { LinkConfig } from './config.ts';
import { readSendReply, toSendRequest } from './send.ts';
import { toDeliveryReport, toMoMessage } from './transform.ts';
import { hasBasicCredentials } from './webhook-auth.ts';
import { readRecords, type WebhookRecord } from './webhook-record.ts';

/**
 * LINK Mobility's Common platform ("REST API"; SMS_REST_API_MT_DLR 1.18, SMS_REST_API_MO 1.7, COMMON-GATE-API 1.2).
 * LINK signs nothing, so a webhook is believed only with the Basic credentials set on the gate. A call that holds one
 * unreadable message among several is refused as a whole: LINK sends it again, and no message is lost by a 2xx.
 */
export function createLinkGateway(config: LinkConfig): SmsGateway {
  const client = createLinkClient(config);

  function parseAll<T extends object>(
    request: InboundHttpRequest,
    toItem: (record: WebhookRecord) => T | WebhookRefusal,
  ): { ok: true; items: T[] } | WebhookRefusal {
    const { webhookUsername, webhookPassword } = config;
    if (!hasBasicCredentials(request.headers['authorization'], webhookUsername, webhookPassword))
      return { ok: false, status: 401, detail: 'The credentials are missing or wrong.' };
    const read = readRecords(request);
    if (!read.ok) return read;
    const items: T[] = [];
    for (const record of read.records) {
      const item = toItem(record);
      if (isRefusal(item)) return item;
      items.push(item);
    }
    return { ok: true, items };
  }

  return {
    gateway: 'link',
    async send(message) {
      return readSendReply(await client.post('sms/send', toSendRequest(config, message)));
    },
    parseInbound(request) {
      const parsed = parseAll(request, toMoMessage);
      return parsed.ok ? { ok: true, messages: parsed.items } : parsed;
    },
    parseDelivery(request) {
      const parsed = parseAll(request, toDeliveryReport);
      return parsed.ok ? { ok: true, reports: parsed.items } : parsed;
    },
  };
}

function isRefusal(item: object): item is WebhookRefusal {
  return 'ok' in item && item.ok === false;
}
