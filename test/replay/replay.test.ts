import { resolve } from 'node:path';
import { temporal } from '@temporalio/proto';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Worker,
  type InjectedSinks,
  type WorkflowBundle,
} from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { quietTemporalLogs } from '../support/temporal-env.ts';
import { recordedHistories } from './histories.ts';
import type { ResultSinks } from './report-result.ts';

const REPLAYER = resolve(import.meta.dirname, 'report-result.ts');
const WORKFLOWS = resolve(import.meta.dirname, '../../src/workflows/index.ts');

let bundle: WorkflowBundle;
beforeAll(async () => {
  quietTemporalLogs();
  bundle = await bundleWorkflowCode({
    workflowsPath: WORKFLOWS,
    workflowInterceptorModules: [REPLAYER],
    logger: new DefaultLogger('ERROR'),
  });
});

async function replay(history: Record<string, unknown>, workflowId: string): Promise<unknown[]> {
  const returned: unknown[] = [];
  const sinks: InjectedSinks<ResultSinks> = {
    replay: { returned: { fn: (_info, result) => void returned.push(result), callDuringReplay: true } },
  };
  await Worker.runReplayHistory(
    { workflowBundle: bundle, sinks },
    temporal.api.history.v1.History.fromObject(history),
    workflowId,
  );
  return returned;
}

describe('recorded workflows', () => {
  it('are there for each way a session can go, and for each other workflow', () => {
    expect(
      recordedHistories()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(
      [
        'captured-after-retries',
        'captured-with-the-next-key',
        'captured-and-released',
        'captured-reference-flow',
        'cancelled-approved-late',
        'declined',
        'ended-at-limit',
        'ended-by-operator',
        'expired',
        'opened-twice',
        'released-zero-usage',
        'keyword-reply',
        'reconciliation',
        'session-action-refund',
      ].toSorted(),
    );
  });

  for (const { name, workflowId, result, history } of recordedHistories()) {
    it(`${name}: goes the same way with today's code, to the same final state`, async () => {
      expect(await replay(history, workflowId)).toEqual([result]);
    });
  }

  it("are refused when today's code would decide otherwise", async () => {
    const [recorded] = recordedHistories();
    if (!recorded) throw new Error('no history');
    const changed = JSON.parse(
      JSON.stringify(recorded.history).replaceAll('"reservePayment"', '"capturePayment"'),
    ) as Record<string, unknown>;
    await expect(replay(changed, recorded.workflowId)).rejects.toThrow(/[Nn]ondeterminism|TMPRL1100/);
  });
});
