/** The API's way to the workflows: starts, signals and the openPayment update, each with a time-out. No decisions. */
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type WorkflowClient,
} from '@temporalio/client';
import type { SessionSignal } from '../domain/routing.ts';
import {
  CHARGE_SESSION_WORKFLOW,
  chargeRepeatedSignal,
  chargeSessionWorkflowId,
  endChargeSignal,
  KEYWORD_REPLY_WORKFLOW,
  keywordReplyWorkflowId,
  openPaymentUpdate,
  operatorActionUpdate,
  paymentChangedSignal,
  statusRequestedSignal,
  TASK_QUEUE,
  type ChargeSessionInput,
  type CustomerMessage,
  type KeywordReplyInput,
  type OpenPaymentResult,
  type OperatorActionInput,
  type OperatorActionResult,
} from '../workflows/contract.ts';

/** `notRunning`: the workflow has completed, was ended by hand, or never was. Nothing was delivered. */
export type SignalOutcome = 'accepted' | 'notRunning';

/**
 * What the API asks of Temporal. Every method throws when Temporal does not answer in time: then it is unknown whether
 * the message arrived, and repeating it is harmless (workflow ids and `inboxId` remove doubles).
 */
export interface SessionWorkflows {
  /** Resolves also when the session's workflow was started before, running or not. */
  startSession(input: ChargeSessionInput): Promise<void>;
  /** Resolves also when the reply was started before. */
  startReply(input: KeywordReplyInput): Promise<void>;
  signal(sessionId: string, signal: SessionSignal, message: CustomerMessage): Promise<SignalOutcome>;
  /** "Look at the provider now." */
  paymentChanged(sessionId: string): Promise<SignalOutcome>;
  /** The customer opened the link. `oneMoment` also when the workflow has not answered in time. */
  openPayment(sessionId: string): Promise<OpenPaymentResult | { kind: 'notRunning' }>;
  /** What came of an operator's press; the same `actionId` is the same press. Waits for the workflow's answer. */
  operatorAction(sessionId: string, input: OperatorActionInput): Promise<OperatorActionResult | 'notRunning'>;
  isRunning(sessionId: string): Promise<boolean>;
}

export interface SessionWorkflowsOptions {
  /** for starts, signals and reads */
  callTimeoutMs: number;
  /** for openPayment, which waits for a provider call, and for an operator's action */
  openPaymentTimeoutMs: number;
  /** default: the one our workers poll */
  taskQueue?: string;
}

export const DEFAULT_TIMEOUTS: SessionWorkflowsOptions = { callTimeoutMs: 5000, openPaymentTimeoutMs: 8000 };

const SIGNALS = {
  endCharge: endChargeSignal,
  chargeRepeated: chargeRepeatedSignal,
  statusRequested: statusRequestedSignal,
} as const satisfies Record<SessionSignal, unknown>;

/** Why the server fails an update that a workflow accepted but could not answer before it completed. */
const COMPLETED_BEFORE_ANSWER = 'AcceptedUpdateCompletedWorkflow';

/** `SessionWorkflows` over a Temporal client. */
export function createSessionWorkflows(
  client: WorkflowClient,
  options: SessionWorkflowsOptions = DEFAULT_TIMEOUTS,
): SessionWorkflows {
  // The deadline is wall time on purpose: business time may be moved in the demo.
  const bounded = <T>(call: () => Promise<T>, ms = options.callTimeoutMs): Promise<T> =>
    client.withDeadline(Date.now() + ms, call);
  const taskQueue = options.taskQueue ?? TASK_QUEUE;
  const session = (sessionId: string) => client.getHandle(chargeSessionWorkflowId(sessionId));

  return {
    startSession: (input) =>
      bounded(() =>
        startOnce(client, CHARGE_SESSION_WORKFLOW, {
          taskQueue,
          workflowId: chargeSessionWorkflowId(input.sessionId),
          input,
          summary: `Session ${input.sessionId}`,
        }),
      ),
    startReply: (input) =>
      bounded(() =>
        startOnce(client, KEYWORD_REPLY_WORKFLOW, {
          taskQueue,
          workflowId: keywordReplyWorkflowId(input.inboxId),
          input,
          summary: `Reply to message ${input.inboxId}`,
        }),
      ),
    signal: (sessionId, signal, message) =>
      bounded(() => signalOutcome(session(sessionId).signal(SIGNALS[signal], message))),
    paymentChanged: (sessionId) =>
      bounded(() => signalOutcome(session(sessionId).signal(paymentChangedSignal))),
    openPayment: (sessionId) =>
      openPaymentOutcome(
        bounded(() => session(sessionId).executeUpdate(openPaymentUpdate), options.openPaymentTimeoutMs),
      ),
    operatorAction: async (sessionId, input) => {
      const asked = bounded(
        () =>
          session(sessionId).executeUpdate(operatorActionUpdate, { updateId: input.actionId, args: [input] }),
        options.openPaymentTimeoutMs,
      );
      try {
        return await asked;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError || completedBeforeAnswer(error)) return 'notRunning';
        throw error;
      }
    },
    async isRunning(sessionId) {
      try {
        const description = await bounded(() => session(sessionId).describe());
        return description.status.name === 'RUNNING';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
  };
}

async function startOnce(
  client: WorkflowClient,
  workflowType: string,
  start: {
    workflowId: string;
    taskQueue: string;
    input: ChargeSessionInput | KeywordReplyInput;
    summary: string;
  },
): Promise<void> {
  try {
    await client.start(workflowType, {
      workflowId: start.workflowId,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      taskQueue: start.taskQueue,
      args: [start.input],
      staticSummary: start.summary,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

async function signalOutcome(signalled: Promise<void>): Promise<SignalOutcome> {
  try {
    await signalled;
    return 'accepted';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'notRunning';
    throw error;
  }
}

async function openPaymentOutcome(
  opened: Promise<OpenPaymentResult>,
): Promise<OpenPaymentResult | { kind: 'notRunning' }> {
  try {
    return await opened;
  } catch (error) {
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return { kind: 'oneMoment' };
    if (error instanceof WorkflowNotFoundError || completedBeforeAnswer(error)) return { kind: 'notRunning' };
    throw error;
  }
}

function completedBeforeAnswer(error: unknown): boolean {
  if (!(error instanceof WorkflowUpdateFailedError)) return false;
  const { cause } = error;
  return cause !== undefined && 'type' in cause && cause.type === COMPLETED_BEFORE_ANSWER;
}
