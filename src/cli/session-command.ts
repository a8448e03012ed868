// `sms2pay session`: one session, and what an operator does to it.
import { randomUUID } from 'node:crypto';
import { actionSchema, listSchema } from '../api/rest/sessions.ts';
import type { ActionRequest } from '../app/actions/request-action.ts';
import type {
  ActionDescription,
  SessionDescription,
  SessionSummary,
} from '../app/sessions/session-description.ts';
import { type Config, UsageError } from '../config/config.ts';
import { decimalToMinor, minorToDecimal } from '../domain/money.ts';
import { detailLines, fateWords } from './proof-lines.ts';
import { readArgs } from './read-args.ts';
import { withAdminApi } from './admin-api.ts';

const USAGE = `Use: sms2pay session list [--attention] [--partner ID] [--limit N] [--json]
     sms2pay session show ID [--json]
     sms2pay session refund ID --amount 0.50 --reason TEXT [--actor NAME] [--action-id UUID] [--json]
     sms2pay session release | end-now | retry-capture | waive | write-off | resend-receipt ID
                     --reason TEXT [--actor NAME] [--action-id UUID] [--json]`;

/** The verbs as they are typed, and what they are called everywhere else. */
const VERBS: Readonly<Record<string, ActionRequest['kind']>> = {
  refund: 'refund',
  release: 'release',
  'end-now': 'endNow',
  'retry-capture': 'retryCapture',
  waive: 'waive',
  'write-off': 'writeOff',
  'resend-receipt': 'resendReceipt',
};

const OPTIONS = {
  amount: { type: 'string' },
  reason: { type: 'string' },
  actor: { type: 'string', default: 'command-line' },
  'action-id': { type: 'string' },
  attention: { type: 'boolean', default: false },
  partner: { type: 'string' },
  limit: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

export async function sessionCommand(
  args: string[],
  config: Config,
  report: (line: string) => void,
): Promise<void> {
  const { values, positionals } = readArgs({ args, allowPositionals: true, options: OPTIONS }, USAGE);
  const [verb, sessionId] = positionals;
  if (verb === 'list') return report(await listed(config, values));
  if (sessionId === undefined) throw new UsageError(USAGE);
  if (verb === 'show') {
    const session = await withAdminApi(config, 'nothing', (api) => api.showSession(sessionId));
    return report(values.json ? JSON.stringify(session, null, 2) : lines(session).join('\n'));
  }
  const kind = Object.hasOwn(VERBS, verb ?? '') ? VERBS[verb ?? ''] : undefined;
  if (kind === undefined) throw new UsageError(USAGE);
  const request = actionRequest(kind, values);
  const action = await withAdminApi(config, 'workflows', (api) => api.act(sessionId, request)).catch(
    (error: unknown) => rethrow(error, request),
  );
  if (values.json) report(JSON.stringify(action, null, 2));
  return conclude(sessionId, action, values.json ? () => {} : report);
}

async function listed(
  config: Config,
  values: { attention: boolean; partner?: string; limit?: string; json: boolean },
): Promise<string> {
  const { attention, partner, limit } = values;
  const requested = listSchema.safeParse({
    ...(limit === undefined ? {} : { limit }),
    ...(partner === undefined ? {} : { partnerId: partner }),
  });
  if (!requested.success)
    throw new UsageError(requested.error.issues.map(({ message }) => message).join('\n'));
  const shown = await withAdminApi(config, 'nothing', (api) =>
    api.listSessions({ ...requested.data, attention }),
  );
  if (values.json) return JSON.stringify(shown, null, 2);
  if (shown.length === 0) return attention ? 'No session needs attention.' : 'There is no session.';
  return shown.map(summaryLine).join('\n');
}

function summaryLine(session: SessionSummary): string {
  const { sessionId, createdAt, state, capturedMinor, currency } = session;
  const reasons = session.attention.map(({ reason }) => reason);
  const attention = reasons.length === 0 ? '' : `  NEEDS ATTENTION: ${reasons.join(', ')}`;
  return `${sessionId}  ${createdAt}  ${state.padEnd(16)}  ${minorToDecimal(capturedMinor)} ${currency}${attention}`;
}

/** The outcome is unknown: the same action must be repeated, not a second one requested. */
function rethrow(error: unknown, { kind, actionId }: ActionRequest): never {
  if (error instanceof UsageError && error.cause === undefined) throw error;
  const message = error instanceof Error ? error.message : String(error);
  const again = `To request this same ${kind} again, add: --action-id ${actionId}`;
  throw new UsageError(`${message}\n${again}`, { cause: error });
}

function actionRequest(
  kind: ActionRequest['kind'],
  values: { amount?: string; reason?: string; actor: string; 'action-id'?: string },
): ActionRequest {
  if (values.reason === undefined) throw new UsageError('Say why: --reason TEXT');
  if (kind !== 'refund' && values.amount !== undefined)
    throw new UsageError('Only a refund takes an --amount: everything else is about the whole session.');
  const parsed = actionSchema.safeParse({
    kind,
    actionId: values['action-id'] ?? randomUUID(),
    actor: values.actor,
    reason: values.reason,
    ...(kind === 'refund' ? { amountMinor: amountOf(values.amount) } : {}),
  });
  if (!parsed.success) throw new UsageError(parsed.error.issues.map(({ message }) => message).join('\n'));
  return { amountMinor: null, ...parsed.data };
}

function amountOf(text: string | undefined): number {
  if (text === undefined) throw new UsageError('Say how much: --amount 0.50');
  try {
    return decimalToMinor(text);
  } catch (error) {
    throw new UsageError(`--amount takes an amount such as 0.50, not "${text}".`, { cause: error });
  }
}

function conclude(sessionId: string, action: ActionDescription, report: (line: string) => void): void {
  const { kind, state, detail, amountMinor, actionId } = action;
  const what =
    amountMinor === null ? `The requested action (${kind})` : `The ${kind} of ${minorToDecimal(amountMinor)}`;
  if (state === 'succeeded') return report(`${what} is done. See: sms2pay session show ${sessionId}`);
  if (state === 'requested')
    return report(`${what} is under way (${actionId}). See: sms2pay session show ${sessionId}`);
  const not = amountMinor === null ? 'done' : 'made';
  throw new UsageError(`${what} was not ${not}: ${state}${detail === null ? '' : ` (${detail})`}.`);
}

function lines(session: SessionDescription): string[] {
  const money = (amountMinor: number | null): string =>
    amountMinor === null ? 'not yet' : `${minorToDecimal(amountMinor)} ${session.currency}`;
  const source = session.releaseSource === null ? '' : ` (${session.releaseSource})`;
  const documentNames = { sale: 'Receipt', creditNote: 'Credit note' };
  return [
    `Session ${session.sessionId}: ${session.state}, ${session.partnerId}, ${session.provider}`,
    ...session.attention.flatMap(({ reason, raisedAt, details }) => [
      `  Needs attention: ${reason} since ${raisedAt}`,
      ...detailLines(details),
    ]),
    `  Used      ${session.startedAt ?? 'not yet'} to ${session.endedAt ?? 'not yet'}`,
    ...(session.endRequestedAt === null
      ? []
      : [`  Ended by the customer at ${session.endRequestedAt}, which no workflow took`]),
    `  Reserved  ${money(session.reservedMinor)}`,
    `  Computed  ${money(session.computedMinor)}`,
    `  Charged   ${money(session.capturedMinor)}`,
    `  Released  ${money(session.releasedMinor)}${source}`,
    `  Refunded  ${money(session.refundedMinor)}`,
    ...session.receipts.map(
      (document) =>
        `  ${documentNames[document.kind]} ${document.number}: ${money(document.amountMinor)}, ${document.url}`,
    ),
    ...session.texts.map(
      (text) =>
        `  Text ${text.kind} by ${text.gateway}: ${fateWords(text)}${text.code === null || text.delivery === 'delivered' ? '' : ` (${text.code})`}`,
    ),
    ...session.actions.map(
      (action) =>
        `  ${action.createdAt} ${action.actor}: ${action.kind}${action.amountMinor === null ? '' : ` ${money(action.amountMinor)}`}, ${action.state}${action.detail === null ? '' : ` (${action.detail})`}`,
    ),
  ];
}
