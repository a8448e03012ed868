/**
 * A call between sms2pay and Temporal, as sms2pay reports it: it is no HTTP and passes no stand-in. Ids, amounts and
 * instants only; texts and phone numbers never go to Temporal.
 */
export interface TemporalCall {
  id: string;
  /** simulator clock, at its begin */
  at: string;
  /** `sms2pay`: a start, signal, update or query. `temporal`: an activity that Temporal hands to a worker */
  from: 'sms2pay' | 'temporal';
  /** `start`, `signal`, `update`, `query`, `activity`, `local activity`, `fast-forward` */
  kind: string;
  /** of the workflow type, message or activity; with the number of the try, if it is not the first */
  name: string;
  /** null: about no single workflow */
  workflowId: string | null;
  /** JSON */
  input: string;
  outcome: 'ok' | 'failed';
  /** JSON of the result, or the message of the failure */
  output: string;
  durationMs: number;
}
