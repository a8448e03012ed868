import type { Clock } from '../../ports/clock.ts';
import { SYSTEM, type OperatorTask, type OperatorTaskStore } from '../../ports/operator-task-store.ts';

/** More of one kind are closed in the passes that follow. */
const PASS_TASKS = 1_000;

/** Closes the open tasks of these reasons whose matter `isGone`. Subjects of those that were closed. */
export async function closeTasks(
  { stores, clock }: { stores: { tasks: Pick<OperatorTaskStore, 'close' | 'listOpen'> }; clock: Clock },
  reasons: readonly OperatorTask['reason'][],
  isGone: (task: OperatorTask) => boolean | Promise<boolean>,
): Promise<string[]> {
  const closed: string[] = [];
  for (const task of await stores.tasks.listOpen(PASS_TASKS, reasons)) {
    if (!(await isGone(task))) continue;
    const { subject, reason } = task;
    await stores.tasks.close({ subject, reason, closedBy: SYSTEM }, clock.now());
    closed.push(subject);
  }
  return closed;
}
