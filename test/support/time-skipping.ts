import { temporal } from '@temporalio/proto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import * as searchAttributes from '../../src/workflows/search-attributes.ts';
import { shared } from './on-demand.ts';
import { quietTemporalLogs } from './temporal-env.ts';

const { IndexedValueType } = temporal.api.enums.v1;

/**
 * The classic way: a test server of one's own whose single clock jumps while a result is awaited. It has no visibility
 * queries and does not jump while an update is awaited; our own tests use `openTemporalEnv` instead.
 */
export async function openClassicTimeSkipping(): Promise<TestWorkflowEnvironment> {
  quietTemporalLogs();
  const { path } = await shared('testServer');
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  await env.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(
      Object.values(searchAttributes).map(({ name, type }) => [
        name,
        IndexedValueType[`INDEXED_VALUE_TYPE_${type}`],
      ]),
    ),
  });
  return env;
}
