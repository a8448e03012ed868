import { TestWorkflowEnvironment } from '@temporalio/testing';
import { shared } from './on-demand.ts';

/**
 * The classic way: a test server of one's own whose single clock jumps while a result is awaited. It has no visibility
 * queries and does not jump while an update is awaited; our own tests use `openTemporalEnv` instead.
 */
export async function openClassicTimeSkipping(): Promise<TestWorkflowEnvironment> {
  const { path } = await shared('testServer');
  return TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
}
