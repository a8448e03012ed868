import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const HISTORIES = join(import.meta.dirname, 'histories');

export interface RecordedHistory {
  name: string;
  workflowId: string;
  /** what the workflow returned when it was recorded */
  result: unknown;
  /** `temporal.api.history.v1.History` as plain JSON */
  history: Record<string, unknown>;
}

export function recordedHistories(): RecordedHistory[] {
  return readdirSync(HISTORIES)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(HISTORIES, file), 'utf8')) as RecordedHistory);
}
