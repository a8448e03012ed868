// Owns: the audit after a story: the auditor reads simulator and workflows while all runs, and the database once it has stopped.
import { audit } from '../audit/audit.ts';
import {
  evidenceFrom,
  leaksInLogs,
  readDatabase,
  readSimulator,
  readWorkflows,
  withTemporal,
} from '../audit/collect.ts';
import type { Finding } from '../audit/evidence.ts';
import { REFERENCE_TERMS } from '../audit/reference-terms.ts';
import { openPglite } from '../../src/embedded/pglite.ts';
import type { App } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';

/** The partner's switch for receipts is part of the story. */
const TERMS = { ...REFERENCE_TERMS, switchesReceiptsOff: true };
const OPEN_WORKFLOWS = `ExecutionStatus = 'Running' and WorkflowType in ('ChargeSession', 'KeywordReply', 'SessionAction')`;

/** Lets every session end, stops the app by `stop`, and returns what the auditor finds. */
export async function auditRun(app: App, stop: () => Promise<void>): Promise<Finding[]> {
  const simulatorUrl = `${app.client.url}/sim`;
  const texts = await app.client.texts();
  const phones = [
    ...new Set(
      texts.filter(({ direction }) => direction === 'in').map(({ from }) => from.replace(/\D/g, '')),
    ),
  ];
  const live = await withTemporal(await app.temporalAddress(), async (workflows) => {
    await eventually('every session to end', async () => {
      if ((await workflows.count(OPEN_WORKFLOWS)).count === 0) return true;
      await app.client.later({ hours: 1 });
      return null;
    });
    return {
      ledger: await readSimulator({ simulatorUrl, phones }),
      workflows: await readWorkflows({ workflows, ownsServer: true, phones }, { sessions: [], inbound: [] }),
    };
  });
  await stop();
  const logs = [{ name: 'the log', chunks: [app.process.stderr, app.process.stdout] }];
  const database = await openPglite({ dataDir: app.dataDir, report: () => {} });
  try {
    const pool = database.createPool();
    const rows = await readDatabase(async (sql) => (await pool.query<Record<string, unknown>>(sql)).rows);
    await pool.end();
    const leaks = await leaksInLogs({ logs, phones });
    return audit(evidenceFrom({ terms: TERMS, pageViews: 0 }, { ...live, rows, leaks })).findings;
  } finally {
    await database.close();
  }
}
