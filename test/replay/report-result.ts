/** Workflow interceptor of the replay test: tells the outside what a replayed workflow returned. */
import { proxySinks, type Sinks, type WorkflowInterceptors } from '@temporalio/workflow';

export interface ResultSinks extends Sinks {
  replay: { returned(result: unknown): void };
}

export const interceptors = (): WorkflowInterceptors => ({
  inbound: [
    {
      async execute(input, next) {
        const result = await next(input);
        proxySinks<ResultSinks>().replay.returned(result);
        return result;
      },
    },
  ],
});
