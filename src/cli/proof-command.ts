// `sms2pay proof`, `sms2pay reconcile` and `sms2pay tasks`: our ledger compared with the providers', and operator tasks.
import { clearEntrySchema, daySchema, daysSchema } from '../api/rest/proofs.ts';
import { type Config, UsageError } from '../config/config.ts';
import { isBroken } from '../domain/reconciliation/comparison.ts';
import { dayProofLines, isSound, reportLines, sessionProofLines, taskLines } from './proof-lines.ts';
import { withAdminApi } from './admin-api.ts';
import { readArgs } from './read-args.ts';

const PROOF_USAGE = `Use: sms2pay proof --session ID [--json]
     sms2pay proof --day 2026-11-26 [--partner ID] [--json]`;
const RECONCILE_USAGE = 'Use: sms2pay reconcile --from 2026-11-01 --to 2026-11-26 [--partner ID] [--json]';
const TASKS_USAGE = `Use: sms2pay tasks [--json]
     sms2pay tasks close SUBJECT REASON --actor NAME`;

const json = { type: 'boolean', default: false } as const;
const text = { type: 'string' } as const;

type Report = (line: string) => void;

/** Resolves to false where something is broken. */
export async function proofCommand(args: string[], config: Config, report: Report): Promise<boolean> {
  const options = { session: text, day: text, partner: text, json };
  const { values } = readArgs({ args, options }, PROOF_USAGE);
  const { session, day, partner } = values;
  if ((session === undefined) === (day === undefined)) throw new UsageError(PROOF_USAGE);
  if (session !== undefined) {
    const proof = await withAdminApi(config, 'providers', (api) => api.proveSession(session));
    report(values.json ? JSON.stringify(proof, null, 2) : sessionProofLines(proof).join('\n'));
    return !isBroken(proof.checks);
  }
  const requested = daySchema.safeParse({ day, ...(partner === undefined ? {} : { partnerId: partner }) });
  if (!requested.success) throw new UsageError(`--day takes a date such as 2026-11-26.\n${PROOF_USAGE}`);
  const days = await withAdminApi(config, 'providers', (api) => api.proveDay(requested.data));
  if (partner !== undefined && days.length === 0) throw new UsageError(`There is no partner "${partner}".`);
  const shown = days.map((proof) => dayProofLines(proof).join('\n')).join('\n\n');
  report(values.json ? JSON.stringify(days, null, 2) : shown);
  return days.every(
    ({ failing, receiptNumbers }) => failing.length === 0 && receiptNumbers.missing.length === 0,
  );
}

/** Resolves to false where something is different, still authorized, not readable, or has an open task. */
export async function reconcileCommand(args: string[], config: Config, report: Report): Promise<boolean> {
  const options = { from: text, to: text, partner: text, json };
  const { values } = readArgs({ args, options }, RECONCILE_USAGE);
  const { from, to, partner } = values;
  if (from === undefined || to === undefined) throw new UsageError(RECONCILE_USAGE);
  const requested = daysSchema.safeParse({
    from,
    to,
    ...(partner === undefined ? {} : { partnerId: partner }),
  });
  if (!requested.success) {
    const problems = requested.error.issues.map(({ path, message }) => [...path, message].join(' '));
    throw new UsageError([...problems, RECONCILE_USAGE].join('\n'));
  }
  const found = await withAdminApi(config, 'providers', (api) => api.reconcile(requested.data));
  report(values.json ? JSON.stringify(found, null, 2) : reportLines(found).join('\n'));
  return isSound(found);
}

export async function tasksCommand(args: string[], config: Config, report: Report): Promise<void> {
  const options = { actor: text, json };
  const { values, positionals } = readArgs({ args, options, allowPositionals: true }, TASKS_USAGE);
  const [verb, subject, reason, ...more] = positionals;
  if (verb === undefined) {
    const tasks = await withAdminApi(config, 'providers', (api) => api.listTasks());
    return report(values.json ? JSON.stringify(tasks, null, 2) : taskLines(tasks).join('\n'));
  }
  if (verb !== 'close' || more.length > 0) throw new UsageError(TASKS_USAGE);
  if (values.actor === undefined) throw new UsageError(`Say who closes it: --actor NAME\n${TASKS_USAGE}`);
  const requested = clearEntrySchema.safeParse({ subject, reason, actor: values.actor });
  if (!requested.success)
    throw new UsageError([...requested.error.issues.map(({ message }) => message), TASKS_USAGE].join('\n'));
  await withAdminApi(config, 'providers', (api) => api.closeTask(requested.data));
  report(`Closed: ${requested.data.reason} of ${requested.data.subject}.`);
}
