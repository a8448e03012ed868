import type { SessionShown } from '../sms2pay.ts';
import type { Exchange } from '../exchanges.ts';
import type { LogEntry, LoggedEntry } from './page-log.ts';

/** What the tour reads: one phone's newest session, and what was sent about it. */
export interface TourFacts {
  session: SessionShown | null;
  now: string;
  log: readonly LoggedEntry[];
  /** what the phone was sent since the session began */
  received: readonly string[];
  words: { start: string; end: string };
}

export interface TourStep {
  title: string;
  /** what to do; null: nothing, it comes by itself */
  action: string | null;
  result: string;
  done: boolean;
  /** the call that did it */
  call: LogEntry | null;
}

export interface Tour {
  steps: readonly TourStep[];
  /** index of the next step; the number of steps when all are done */
  current: number;
}

const HOUR_MS = 3_600_000;

/** The reference flow in eight steps. Each follows from what is there, so nothing has to be remembered. */
export function tourOf(facts: TourFacts): Tour {
  const steps = [...stepsToUse(facts), ...stepsToReceipt(facts)];
  const open = steps.findIndex(({ done }) => !done);
  return { steps, current: open === -1 ? steps.length : open };
}

/** Finds the first HTTP call that matches. */
function finder({ log }: TourFacts) {
  return (matches: (exchange: Exchange) => boolean): LogEntry | null =>
    log.find(({ logged }) => logged.kind === 'http' && matches(logged.exchange))?.entry ?? null;
}

function stepsToUse(facts: TourFacts): TourStep[] {
  const { session, words, received } = facts;
  const find = finder(facts);
  const started = session?.startedAt ?? null;
  const ended = session?.endedAt ?? null;
  const usedAnHour = started !== null && Date.parse(ended ?? facts.now) - Date.parse(started) >= HOUR_MS;
  const hasLink = received.some((text) => text.includes('/p/'));
  return [
    {
      title: `Text ${words.start}`,
      action: `Choose ${words.start} on the phone.`,
      result: 'The SMS gateway passed the text on to sms2pay, which began a session.',
      done: session !== null,
      call: find(isTextFromPhone(words.start)),
    },
    {
      title: 'The payment link arrives',
      action: null,
      result: 'sms2pay created a payment of 5 NOK and texted the payment link.',
      done: hasLink,
      call: find(isCall(/\/pre-transactions$|\/epayment\/v1\/payments$/, 'POST')),
    },
    {
      title: 'Approve the payment',
      action:
        'Tap the payment link in the text, choose the big button, then Approve. Or approve it in the wallet.',
      result: 'The provider called back, and sms2pay read the payment: reserved. Now time counts.',
      done: started !== null,
      call: find(
        (exchange) =>
          isCall(/\/transactions\/|\/epayment\/v1\/payments\//, 'GET')(exchange) &&
          /"(?:statusCode":"Authorized|state":"AUTHORIZED)"/.test(exchange.responseBody),
      ),
    },
    {
      title: 'Use it for an hour',
      action: 'Choose +1 h on the clock.',
      result: 'The clock and the session on the Temporal server moved one hour, together.',
      done: usedAnHour || ended !== null,
      call: null,
    },
  ];
}

function stepsToReceipt(facts: TourFacts): TourStep[] {
  const { session, words, received } = facts;
  const find = finder(facts);
  const captured = (session?.capturedMinor ?? 0) > 0;
  const over = session !== null && !['awaitingApproval', 'active', 'capturing'].includes(session.state);
  const hasReceipt = received.some((text) => text.includes('/r/'));
  return [
    {
      title: `Text ${words.end}`,
      action: `Choose ${words.end} on the phone.`,
      result: 'The gateway passed it on, and the use ended at that second.',
      done: (session?.endedAt ?? null) !== null,
      call: find(isTextFromPhone(words.end)),
    },
    {
      title: 'The price is charged',
      action: null,
      result: 'sms2pay read the payment again, then charged the price of the use and not a krone more.',
      done: captured || over,
      call: find(isCall(/\/capture(\?|$)/)),
    },
    {
      title: 'The wallet shows it',
      action: null,
      result: 'The customer sees what was charged, and the provider called back.',
      done: captured || over,
      call: find(isCaptureCallback),
    },
    {
      title: 'The receipt arrives',
      action: null,
      result: "The partner's own words went out, with the amount and a link to the receipt. Open it.",
      done: hasReceipt || (over && !captured),
      call: find(
        (exchange) => isCall(/\/sms\/send$/, 'POST')(exchange) && exchange.requestBody.includes('/r/'),
      ),
    },
  ];
}

/** A call of sms2pay to a vendor. */
function isCall(path: RegExp, wanted?: string) {
  return ({ from, method, url }: Exchange): boolean =>
    from === 'sms2pay' && path.test(url) && (wanted === undefined || method === wanted);
}

function isCaptureCallback({ from, to, url, requestBody }: Exchange): boolean {
  return to === 'sms2pay' && from !== 'gateway' && /CAPTURE/.test(`${url} ${requestBody}`);
}

function isTextFromPhone(word: string) {
  return ({ from, requestBody }: Exchange): boolean =>
    from === 'gateway' && requestBody.includes(`"userData":${JSON.stringify(word)}`);
}
