import { z } from 'zod';
import { dialledNumber } from '../../../domain/msisdn.ts';
import { SmsFault, type MtMessage } from '../../../ports/sms-gateway.ts';
import { parseJson } from '../../http/body.ts';
import type { Outcome } from '../../http/exchange.ts';
import type { LinkAccount } from './settings.ts';

/** LINK's replies are typed loosely between versions: a number may come as text and the other way round. */
const looseText = z.union([z.string(), z.number()]).transform(String);

/** 200 of `POST /sms/send` (MT_DLR 1.18): `{"messageId":str,"resultCode":1005,"description":"Queued"}`. */
const sendReplySchema = z.object({
  messageId: looseText.pipe(z.string().min(1)),
  resultCode: looseText,
});

/** 400/401/403 of `POST /sms/send`: `{"status":int,"description":str,...}`; the description may quote the number. */
const errorReplySchema = z.object({ status: looseText.pipe(z.string().regex(/^\d{1,8}$/)) });

/** LINK's code for "queued" (MT_DLR 1.18). With any other code in a 200 it is unknown whether LINK accepted the text. */
const QUEUED = '1005';

/**
 * LINK's codes about the account: login, rights, SMSC credentials, platformId, platformPartnerId, gates (MT_DLR 1.18).
 */
const ACCOUNT_CODES: ReadonlySet<string> = new Set([
  '106100',
  '106101',
  '106102',
  '106200',
  '106201',
  '106300',
]);

/** LINK's own default and maximum: 48 hours, stated rather than relied on. */
const VALIDITY_MS = 172_800_000;

/**
 * The body of `POST {base}/sms/send` (MT_DLR 1.18). Every field whose default matters is explicit; `ignoreResponse`
 * because the document and its own example disagree about the default, and without an answer there is no messageId.
 * `refId` is only echoed in delivery reports: LINK does not remove doubles by it.
 */
export function toSendRequest(
  config: Pick<LinkAccount, 'platformId' | 'platformPartnerId' | 'deliveryGateId'>,
  message: MtMessage,
): Record<string, unknown> {
  return {
    source: dialledNumber(message.shortNumber),
    sourceTON: 'SHORTNUMBER',
    destination: `+${message.msisdn}`,
    destinationTON: 'MSISDN',
    userData: message.text,
    dcs: 'TEXT',
    platformId: config.platformId,
    platformPartnerId: config.platformPartnerId,
    refId: message.outboundId,
    ...(message.moReferenceId === null ? {} : { moReferenceId: message.moReferenceId }),
    ...(config.deliveryGateId === null
      ? { useDeliveryReport: false }
      : { useDeliveryReport: true, deliveryReportGates: [config.deliveryGateId] }),
    relativeValidityTime: VALIDITY_MS,
    ignoreResponse: false,
  };
}

/**
 * Returns the message id of a text that LINK queued; throws `SmsFault` otherwise. LINK publishes no retry advice. A 4xx is a
 * refusal: 429 for now; 401, 403, a 404 without LINK's error code or a code about the account is `misconfigured` (login,
 * rights, an id or the base URL); others are about the text. What neither refuses nor confirms is
 * `outcomeUnknown`.
 */
export function readSendReply(reply: Outcome): { gatewayMessageId: string } {
  if (reply.kind === 'notSent')
    throw new SmsFault('unavailable', `LINK could not be reached (${reply.code})`, { code: reply.code });
  if (reply.kind === 'lost')
    throw new SmsFault('outcomeUnknown', `LINK gave no whole answer (${reply.code})`, { code: reply.code });
  if (reply.status === 200) return readQueued(reply.body);
  if (reply.status === 429)
    throw new SmsFault('unavailable', 'LINK accepts no more requests for now', { code: 'http429' });
  // 408: the request did not arrive in time. A proxy also answers so for a request that it has passed on.
  if (reply.status >= 400 && reply.status < 500 && reply.status !== 408) throw refusal(reply);
  throw new SmsFault('outcomeUnknown', `LINK answered HTTP ${reply.status}`, { code: `http${reply.status}` });
}

function refusal({ status, body }: { status: number; body: string }): SmsFault {
  const error = errorReplySchema.safeParse(parseJson(body));
  const code = error.success ? error.data.status : `http${status}`;
  const isOurs = status === 401 || status === 403 || (status === 404 && !error.success);
  if (isOurs || ACCOUNT_CODES.has(code))
    return new SmsFault('misconfigured', `LINK refused the account (HTTP ${status}, code ${code})`, { code });
  return new SmsFault('rejected', `LINK refused the text (HTTP ${status}, code ${code})`, { code });
}

function readQueued(body: string): { gatewayMessageId: string } {
  const parsed = sendReplySchema.safeParse(parseJson(body));
  if (!parsed.success)
    throw new SmsFault('outcomeUnknown', 'LINK answered 200 with a body that names no message', {
      code: 'unreadableReply',
    });
  const { messageId, resultCode } = parsed.data;
  if (resultCode !== QUEUED)
    throw new SmsFault('outcomeUnknown', 'LINK answered 200 with a result that is not "queued"', {
      code: /^\d{1,8}$/.test(resultCode) ? resultCode : 'unreadableReply',
    });
  return { gatewayMessageId: messageId };
}
