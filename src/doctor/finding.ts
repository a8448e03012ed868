/** What one check of `sms2pay doctor` found. `advice`: what to do; every warning and failure has one. */
export type Finding =
  { state: 'ok' | 'skipped'; what: string } | { state: 'warning' | 'failed'; what: string; advice: string };

export interface Check {
  name: string;
  run(): Promise<Finding>;
}

export function failed(what: string, advice: string): Finding {
  return { state: 'failed', what, advice };
}

const MARKS: Record<Finding['state'], string> = {
  ok: 'ok     ',
  skipped: '-      ',
  warning: 'WARNING',
  failed: 'FAILED ',
};

export function findingLine(name: string, finding: Finding): string {
  const advice = 'advice' in finding ? ` -> ${finding.advice}` : '';
  return `${MARKS[finding.state]} ${name.padEnd(22)} ${finding.what}${advice}`;
}
