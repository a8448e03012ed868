/** The API's way to the workflows: starts and signals, each with a time-out. No decisions. */
import type { SessionId } from '../../domain/ids.ts';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type WorkflowClient,
} from '@temporalio/client';
import {
  CHARGE_SESSION_WORKFLOW,
  chargeSessionWorkflowId,
  firstSearchAttributes,
  customerMessageSignal,
  KEYWORD_REPLY_WORKFLOW,
  keywordReplyWorkflowId,
  linkReportedSignal,
  operatorActionSignal,
  paymentChangedSignal,
  paymentOpenedSignal,
  TASK_QUEUE,
  type ChargeSessionInput,
  type CustomerMessage,
  type KeywordReplyInput,
  type LinkReported,
  type OperatorActionInput,
  type PaymentOpened,
} from '../../workflows/contract.ts';

/**
 * What the API asks of Temporal. Every method throws when Temporal does not answer in time: then it is unknown whether
 * the message arrived, and repeating it is harmless (workflow ids and `inboxId` remove doubles).
 */
export interface SessionWorkflows {
  /** Resolves also when the session's workflow was started before, running or not. */
  startSession(input: ChargeSessionInput): Promise<void>;
  /** Resolves also when the reply was started before. */
  startReply(input: KeywordReplyInput): Promise<void>;
  customerMessage(sessionId: SessionId, message: CustomerMessage): Promise<SignalOutcome>;
  /** "Read the provider now." */
  paymentChanged(sessionId: SessionId): Promise<SignalOutcome>;
  /** The customer opened the payment link; the session records where to send the browser. */
  paymentOpened(sessionId: SessionId, opened: PaymentOpened): Promise<SignalOutcome>;
  /** Whether the payment link has reached the customer; the session shows it. */
  linkReported(sessionId: SessionId, reported: LinkReported): Promise<SignalOutcome>;
  /** An operator's action, recorded by now; the session records its outcome. */
  operatorAction(sessionId: SessionId, input: OperatorActionInput): Promise<SignalOutcome>;
  isRunning(sessionId: SessionId): Promise<boolean>;
}

interface SessionWorkflowsOptions {
  callTimeoutMs: number;
  /** default: the one our workers poll */
  taskQueue?: string;
}

export const DEFAULT_TIMEOUTS: SessionWorkflowsOptions = { callTimeoutMs: 5000 };

/** `SessionWorkflows` over a Temporal client. */
export function createSessionWorkflows(
  client: WorkflowClient,
  options: SessionWorkflowsOptions = DEFAULT_TIMEOUTS,
): SessionWorkflows {
  // The deadline is wall time on purpose: business time may be moved in the demo.
  const bounded = <T>(call: () => Promise<T>, ms = options.callTimeoutMs): Promise<T> =>
    client.withDeadline(Date.now() + ms, call);
  const taskQueue = options.taskQueue ?? TASK_QUEUE;
  const session = (sessionId: SessionId) => client.getHandle(chargeSessionWorkflowId(sessionId));
  const isRunning = async (sessionId: SessionId): Promise<boolean> => {
    try {
      const description = await bounded(() => session(sessionId).describe());
      // One that was paused goes on, and Temporal keeps its signals.
      return description.status.name === 'RUNNING' || description.status.name === 'PAUSED';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  };

  return {
    startSession: (input) =>
      bounded(() =>
        startOnce(client, CHARGE_SESSION_WORKFLOW, {
          taskQueue,
          workflowId: chargeSessionWorkflowId(input.sessionId),
          input,
          summary: `Session ${input.sessionId}`,
          searchAttributes: firstSearchAttributes(input.terms.partnerId),
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
    customerMessage: (sessionId, message) =>
      bounded(() => signalOutcome(session(sessionId).signal(customerMessageSignal, message))),
    paymentChanged: (sessionId) =>
      bounded(() => signalOutcome(session(sessionId).signal(paymentChangedSignal))),
    paymentOpened: (sessionId, opened) =>
      bounded(() => signalOutcome(session(sessionId).signal(paymentOpenedSignal, opened))),
    linkReported: (sessionId, reported) =>
      bounded(() => signalOutcome(session(sessionId).signal(linkReportedSignal, reported))),
    operatorAction: (sessionId, input) =>
      bounded(() => signalOutcome(session(sessionId).signal(operatorActionSignal, input))),
    isRunning,
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
    searchAttributes?: ReturnType<typeof firstSearchAttributes>;
  },
): Promise<void> {
  try {
    await client.start(workflowType, {
      workflowId: start.workflowId,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      taskQueue: start.taskQueue,
      args: [start.input],
      staticSummary: start.summary,
      ...(start.searchAttributes ? { typedSearchAttributes: start.searchAttributes } : {}),
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** `notRunning`: the workflow has completed, was terminated, or never existed. Nothing was delivered. */
export type SignalOutcome = 'accepted' | 'notRunning';

/** Throws when Temporal does not answer. */
async function signalOutcome(signalled: Promise<void>): Promise<SignalOutcome> {
  try {
    await signalled;
    return 'accepted';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'notRunning';
    throw error;
  }
}
