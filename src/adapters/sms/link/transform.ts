import { z } from 'zod';
import { nationalCountryOf, parseMsisdn, type NationalCountry } from '../../../domain/msisdn.ts';
import type { DeliveryState } from '../../../domain/text-delivery.ts';
import type { DeliveryReport, MoMessage } from '../../../ports/sms-gateway.ts';
import { readField, type WebhookRecord } from './webhook-record.ts';
import { instantFromMs, instantMs, type Instant } from '../../../domain/instant.ts';

/** The form of an id that may become a key of our inbox: printable, without spaces. */
const ID = /^[\x21-\x7e]{1,200}$/;

/** LINK's own names first, then those of common gate templates (COMMON-GATE-API 1.2). */
const MESSAGE_ID = ['messageId', 'id'];
const SOURCE = ['source', 'from', 'msisdn'];
const DESTINATION = ['destination', 'to', 'number'];
const TEXT = ['content.userData', 'userData', 'text', 'message'];
const SERVICE_CENTRE_TIME = ['customParameters.serviceCentreTimeStamp', 'serviceCentreTimeStamp'];

/** A record with this field missing or unreadable. `repeatable`: a corrected gate could send it readable. */
export interface UnreadableRecord {
  unreadable: string;
  repeatable: boolean;
}

/** One MO (MO 1.7) as the domain knows it, or what is missing in it. */
export function toMoMessage(record: WebhookRecord): MoMessage | UnreadableRecord {
  const messageId = readField(record, MESSAGE_ID);
  if (messageId === null || !ID.test(messageId)) return missing('messageId');
  const source = readField(record, SOURCE);
  if (source === null) return missing('source');
  const number = toNumberTexted(record);
  if ('unreadable' in number) return number;
  // A sender with a name or a short number can be neither answered nor charged, however often LINK repeats it.
  const msisdn = parseMsisdn(source, number.country);
  if (msisdn === null) return { unreadable: 'source', repeatable: false };
  // An empty text is a text; only its absence is an error.
  const text = TEXT.map((name) => record.get(name)).find((value) => value !== undefined);
  if (text === undefined) return missing('text');
  // PostgreSQL stores no NUL; a message that can never be stored would be delivered again for two days.
  const { shortNumber } = number;
  return { messageId, msisdn, shortNumber, text: text.replaceAll('\u0000', ' '), sentAt: toSentAt(record) };
}

/**
 * The number texted, and the country whose national numbers its customers may have. The same short number has another
 * owner in another country: all but Norway's, which LINK also sends bare, keep their country. A subnumber follows the number.
 */
function toNumberTexted(
  record: WebhookRecord,
): { shortNumber: string; country: NationalCountry | null } | UnreadableRecord {
  const destination = readField(record, DESTINATION);
  const subNumber = readField(record, ['subNumber']) ?? '';
  if (!/^\d*$/.test(subNumber)) return missing('subNumber');
  const digits = destination?.replace(/^([A-Za-z]{2}-|\+)/, '') ?? '';
  if (destination === null || !/^\d{1,15}$/.test(digits + subNumber) || digits === '')
    return missing('destination');
  const calling = parseMsisdn(destination);
  if (calling !== null) return { shortNumber: digits + subNumber, country: nationalCountryOf({ calling }) };
  const iso = isoOf(destination) ?? isoOf(readField(record, ['route.number'])) ?? 'NO';
  const shortNumber = (iso === 'NO' ? '' : `${iso}-`) + digits + subNumber;
  return { shortNumber, country: nationalCountryOf({ iso }) };
}

function isoOf(number: string | null): string | null {
  return /^([A-Za-z]{2})-/.exec(number ?? '')?.[1]?.toUpperCase() ?? null;
}

function toSentAt(record: WebhookRecord): MoMessage['sentAt'] {
  return (
    readRfc3339(readField(record, ['timestamp'])) ??
    readRfc3339(readField(record, ['operatorTimestamp'])) ??
    readServiceCentreTime(readField(record, SERVICE_CENTRE_TIME))
  );
}

/**
 * LINK's result codes (MT_DLR 1.18). `failed` and `unknown` are both final there: after 4, 5 and 1010 it is unknown
 * whether the phone got the text. 1007 is delivered with its billing delayed. LINK itself sends 1012 again.
 */
const CODES_BY_STATE: Readonly<Record<DeliveryState, readonly number[]>> = {
  delivered: [1001, 1007],
  pending: [1000, 1005, 1008, 1011, 1012, 1013],
  unknown: [4, 5, 1010],
  failed: [
    0, 1, 2, 3, 6, 104, 105, 1002, 1003, 1004, 1006, 1009, 2000, 2001, 2002, 2003, 2100, 2101, 2102, 2103,
    2104, 2105, 2106, 2107, 2200, 2201, 2202, 2203, 2204, 2205, 2206, 2207, 3000, 3001, 3002, 4000, 4001,
    4002, 4003, 4004, 4005, 4006, 4007,
  ],
};

const STATE_BY_CODE: ReadonlyMap<string, DeliveryState> = new Map(
  (['delivered', 'pending', 'unknown', 'failed'] as const).flatMap((state) =>
    CODES_BY_STATE[state].map((code) => [String(code), state] as const),
  ),
);

/** The delivery state of a result code; a code that LINK has not published is `unknown`. */
export function toDeliveryState(resultCode: string): DeliveryState {
  return STATE_BY_CODE.get(resultCode) ?? 'unknown';
}

/**
 * One delivery report (MT_DLR 1.18), or what is missing in it. A text of several parts is reported part by part, with
 * ids `{messageId}$0`, `{messageId}$1`, ...; `operatorResultCode` is for debugging only and is left out.
 */
export function toDeliveryReport(record: WebhookRecord): DeliveryReport | UnreadableRecord {
  const id = readField(record, ['id', 'messageId']);
  if (id === null || !ID.test(id)) return missing('id');
  const resultCode = readField(record, ['resultCode']);
  if (resultCode === null || !/^\d{1,8}$/.test(resultCode)) return missing('resultCode');
  const [, gatewayMessageId = id, part = '0'] = /^(.+)\$(\d{1,3})$/.exec(id) ?? [];
  const refId = readField(record, ['refId']);
  return {
    gatewayMessageId,
    outboundId: refId !== null && ID.test(refId) ? refId : null,
    part: Number(part),
    state: toDeliveryState(resultCode),
    resultCode,
    at: readRfc3339(readField(record, ['timestamp'])),
  };
}

function missing(field: string): UnreadableRecord {
  return { unreadable: field, repeatable: true };
}

/** RFC 3339 with a zone and a date that exists. */
const rfc3339Schema = z.iso.datetime({ offset: true });

/** RFC 3339 text to an Instant; null when it is not one (no zone, no such day). */
function readRfc3339(text: string | null): Instant | null {
  if (text === null || !rfc3339Schema.safeParse(text).success) return null;
  return instantFromMs(instantMs(text));
}

const OSLO_WALL_CLOCK = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/Oslo',
  dateStyle: 'short',
  timeStyle: 'medium',
});
const OSLO_OFFSETS_MS = [3_600_000, 7_200_000];

/**
 * `yyyyMMddHHmmss` of a Norwegian service centre to an Instant. It is local time: in LINK's own sample (MO 1.7) it reads
 * 15:28:40 for a message of 14:28:40Z in November. Null when it cannot be read, and for the hour that the clocks jump
 * over or run twice: a wrong hour would be billed, an unknown one is replaced by the time of receipt.
 */
export function readServiceCentreTime(text: string | null): Instant | null {
  const match = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(text ?? '');
  if (!match) return null;
  const [, year, month, day, hour, minute, second] = match;
  const wall = `${year}-${month}-${day} ${hour}:${minute}:${second}`;
  const wallMs = Date.parse(`${wall.replace(' ', 'T')}Z`);
  if (Number.isNaN(wallMs)) return null;
  const readings = OSLO_OFFSETS_MS.map((offsetMs) => wallMs - offsetMs).filter(
    (ms) => OSLO_WALL_CLOCK.format(ms) === wall,
  );
  const [only, ...others] = readings;
  return only === undefined || others.length > 0 ? null : instantFromMs(only);
}
