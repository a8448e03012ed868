import { z } from 'zod';
import { issuesText } from '../../problem.ts';
import { countSegments, fitsGsm } from '../../segments.ts';

// LINK "Common" SMS REST API, documents MT 1.18 and MO 1.7 (facts: sms-and-paycore.md A1 to A4).

/** LINK's request-error codes. */
export const LINK_CODES = {
  unknown: 106000,
  badAuthentication: 106100,
  accessDenied: 106101,
  platformId: 106200,
  platformPartnerId: 106201,
  noGates: 106300,
} as const;

export interface LinkRefusal {
  http: 400 | 401 | 403 | 429 | 503;
  code: number;
  description: string;
}

const MAX_VALIDITY_MS = 48 * 3_600_000;
const sendSchema = z.object({
  source: z.string().min(1),
  sourceTON: z.enum(['SHORTNUMBER', 'ALPHANUMERIC', 'MSISDN']).default('ALPHANUMERIC'),
  destination: z.string().regex(/^\+\d{5,15}$/, 'must be an MSISDN with a leading +'),
  destinationTON: z.literal('MSISDN').default('MSISDN'),
  dcs: z.enum(['TEXT', 'GSM', 'UCS2']).default('TEXT'),
  userData: z.string().min(1),
  platformId: z.string().optional(),
  platformPartnerId: z.string().optional(),
  useDeliveryReport: z.boolean().default(true),
  deliveryReportGates: z.array(z.string().min(1)).default([]),
  relativeValidityTime: z.number().int().positive().max(MAX_VALIDITY_MS).optional(),
  priority: z.enum(['HIGH', 'NORMAL', 'LOW']).optional(),
  refId: z.string().nullish(),
  moReferenceId: z.string().nullish(),
  tariff: z.number().int().nonnegative().optional(),
  customParameters: z.record(z.string(), z.string()).default({}),
  ignoreResponse: z.boolean().default(true),
});
export type SendRequest = z.infer<typeof sendSchema>;

const MAX_SEGMENTS = 254;

export function parseSend(body: unknown): { ok: true; request: SendRequest } | { ok: false; why: string } {
  const parsed = sendSchema.safeParse(body);
  if (!parsed.success) return { ok: false, why: issuesText(parsed.error) };
  const why = whyUnsendable(parsed.data);
  return why === null ? { ok: true, request: parsed.data } : { ok: false, why };
}

const SOURCE_FORMS = {
  SHORTNUMBER: /^\d{1,14}$/,
  ALPHANUMERIC: /^[\p{L}\p{N} ._-]{1,11}$/u,
  MSISDN: /^\+\d{5,15}$/,
} as const;

function whyUnsendable(request: SendRequest): string | null {
  if (!SOURCE_FORMS[request.sourceTON].test(request.source)) {
    return `source: not a ${request.sourceTON}`;
  }
  // Beyond the basic plane a letter has two UTF-16 units.
  if ([...request.userData].some((letter) => letter.length > 1)) {
    return 'userData: letters outside the basic multilingual plane are not supported';
  }
  if (request.dcs === 'GSM' && !fitsGsm(request.userData)) return 'userData: not in the GSM alphabet';
  if (countSegments(request.userData) > MAX_SEGMENTS) return `userData: more than ${MAX_SEGMENTS} segments`;
  if (request.tariff !== undefined && request.sourceTON !== 'SHORTNUMBER') {
    return 'tariff: only with sourceTON SHORTNUMBER';
  }
  return null;
}

/** What is wrong with a well-formed request for this account, or null. */
export function refuseSend(
  request: SendRequest,
  account: { platformId: string; platformPartnerId: string; shortNumber: string },
): LinkRefusal | null {
  if (request.platformId !== account.platformId) {
    return { http: 400, code: LINK_CODES.platformId, description: 'Invalid platformId' };
  }
  if (request.platformPartnerId !== account.platformPartnerId) {
    return { http: 400, code: LINK_CODES.platformPartnerId, description: 'Invalid platformPartnerId' };
  }
  if (request.sourceTON === 'SHORTNUMBER' && request.source !== account.shortNumber) {
    return { http: 403, code: LINK_CODES.accessDenied, description: 'Access denied: foreign short number' };
  }
  if (request.useDeliveryReport && request.deliveryReportGates.length === 0) {
    return { http: 400, code: LINK_CODES.noGates, description: 'No gates for delivery reports' };
  }
  return null;
}

const MAX_SHORT_NUMBER_LENGTH = 6;

/** Short numbers carry their country, long ones are MSISDNs. */
function destinationForm(number: string): string {
  return number.length <= MAX_SHORT_NUMBER_LENGTH ? `NO-${number}` : `+${number}`;
}

/** The incoming message LINK pushes (A3). `from` and `to` are digits. */
export function incomingMessage(
  message: { messageId: string; from: string; to: string; text: string; sentAt: string; queuedAt: string },
  account: { platformId: string; platformPartnerId: string },
): string {
  const { platformId, platformPartnerId } = account;
  const destination = destinationForm(message.to);
  return JSON.stringify({
    destination,
    subNumber: null,
    source: `+${message.from}`,
    content: { type: 'SMS', userData: message.text, encoding: 'TEXT' },
    operator: 'no.telenor',
    timestamp: message.sentAt,
    messageId: message.messageId,
    operatorTimestamp: message.sentAt,
    operatorMessageId: message.messageId,
    route: { ...routeOf(message.text), platformId, platformPartnerId, number: destination },
    gateCustomParameters: {},
    customParameters: {
      moReferenceId: message.messageId,
      suggestedOperator: 'no.telenor',
      queued: message.queuedAt,
      serviceCentreTimeStamp: message.sentAt.replace(/\D/g, '').slice(0, 14),
      platformId,
      platformPartnerId,
    },
  });
}

const MIN_KEYWORD_LENGTH = 3;

/** LINK matches the first word in any case; too short a word falls to the number's DEFAULT keyword. */
function routeOf(text: string) {
  const firstWord =
    text
      .replace(/[\p{Cc}\u00A0]/gu, ' ')
      .trim()
      .split(/ +/)[0] ?? '';
  const matched = firstWord.length >= MIN_KEYWORD_LENGTH;
  return {
    type: 'KEYWORD_ROUTE',
    id: matched ? 'sim-first-word' : 'sim-default',
    refId: null,
    gateIds: ['sim-mo-gate'],
    platformServiceType: null,
    platformServiceId: null,
    customParameters: {},
    keyword: matched ? firstWord.toUpperCase() : null,
    keywordType: matched ? 'FIRST_WORD' : 'DEFAULT',
    active: true,
    start: null,
    end: null,
    shared: false,
    description: 'TEST: simulator',
  };
}

const RESULT_DELIVERED = 1001;
/** expired before the phone had it */
const RESULT_EXPIRED = 1002;

/** The delivery reports of one text: one per part, counted from 0 when there are several (A2). */
export function deliveryReports(report: {
  messageId: string;
  refId: string | null;
  segments: number;
  sentAt: string;
  deliveredAt: string;
}): string[] {
  const { messageId, segments } = report;
  return Array.from({ length: segments }, (_, part) =>
    JSON.stringify({
      refId: report.refId,
      id: segments === 1 ? messageId : `${messageId}$${part}`,
      operator: 'no.telenor',
      sentTimestamp: report.sentAt,
      timestamp: report.deliveredAt,
      resultCode: RESULT_DELIVERED,
      operatorResultCode: null,
      segments,
      gateCustomParameters: {},
      customParameters: {},
    }),
  );
}

/** A delivery report as one of a text that was not delivered. */
export function asNotDelivered(report: string): string {
  const body: unknown = JSON.parse(report);
  return JSON.stringify({ ...(body as Record<string, unknown>), resultCode: RESULT_EXPIRED });
}
