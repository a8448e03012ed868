// Records each call between sms2pay and Temporal in the simulator's log. In the demo only.
import type { ClientInterceptors } from '@temporalio/client';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { TemporalCall } from '../../simulator/exchanges.ts';

export type NewTemporalCall = Omit<TemporalCall, 'id' | 'at'>;
type Opening = Pick<TemporalCall, 'from' | 'kind' | 'name' | 'workflowId'> & { args: readonly unknown[] };

export class TemporalLog {
  #write: (call: NewTemporalCall) => void = () => undefined;

  /** Before this, calls are not recorded: the simulator opens after the connection to Temporal. */
  attach(write: (call: NewTemporalCall) => void): void {
    this.#write = write;
  }

  /** Runs `call` and records its result. */
  async around<T>(opening: Opening, call: () => Promise<T>): Promise<T> {
    const { args, ...known } = opening;
    const startedMs = performance.now();
    const written = { ...known, input: jsonText(args.length === 1 ? args[0] : args) };
    const end = (outcome: TemporalCall['outcome'], output: string): void =>
      this.#write({ ...written, outcome, output, durationMs: Math.round(performance.now() - startedMs) });
    try {
      const result = await call();
      end('ok', result === undefined ? '' : jsonText(result));
      return result;
    } catch (error) {
      end('failed', error instanceof Error ? `${error.name}: ${error.message}` : 'unknown');
      throw error;
    }
  }

  clientInterceptors(): ClientInterceptors {
    const callOf = (
      kind: string,
      name: string,
      workflowId: string | undefined,
      args: readonly unknown[],
    ) => ({
      from: 'sms2pay' as const,
      kind,
      name,
      workflowId: workflowId ?? null,
      args,
    });
    return {
      workflow: [
        {
          startWithDetails: ({ workflowType, options, ...input }, next) =>
            this.around(callOf('start', workflowType, options.workflowId, options.args), () =>
              next({ workflowType, options, ...input }),
            ),
          signal: (input, next) =>
            this.around(
              callOf('signal', input.signalName, input.workflowExecution.workflowId, input.args),
              () => next(input),
            ),
          query: (input, next) =>
            this.around(
              callOf('query', input.queryType, input.workflowExecution.workflowId, input.args),
              () => next(input),
            ),
        },
      ],
    };
  }

  activityInterceptors(): ActivityInterceptorsFactory {
    return ({ info }) => ({
      inbound: {
        execute: (input, next) =>
          this.around(
            {
              from: 'temporal',
              kind: info.isLocal ? 'local activity' : 'activity',
              name: info.attempt > 1 ? `${info.activityType}, try ${info.attempt}` : info.activityType,
              workflowId: info.workflowExecution?.workflowId ?? null,
              args: input.args,
            },
            () => next(input),
          ),
      },
    });
  }
}

/** What is sent as JSON anyway; a result of the client that is none of it is named only. */
function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '(not shown)';
  }
}
