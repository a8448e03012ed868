// Owns: the words between the application and the supervisor: one JSON order line down, JSON event lines up.
import type { Environment } from './report.ts';

/** A search attribute the server registers; what `defineSearchAttributeKey` of the SDK makes fits. */
export interface SearchAttribute {
  name: string;
  type: 'TEXT' | 'KEYWORD' | 'INT' | 'DOUBLE' | 'BOOL' | 'DATETIME' | 'KEYWORD_LIST';
}

export interface SupervisorOrder {
  cliPath: string;
  /** folder for the server's database and log */
  directory: string;
  /** what a person set: DATA_DIR, for messages */
  dataDir: string;
  /** false: the server keeps nothing on disk */
  keepsData: boolean;
  port: number;
  uiPort: number;
  /** fail rather than take other ports; after a first start, so that clients find the server again */
  fixedPorts: boolean;
  namespace: string;
  timeSkipping: boolean;
  searchAttributes: readonly SearchAttribute[];
  /** variables of the server process */
  env: Environment;
  appPid: number;
}

export type SupervisorEvent =
  | { type: 'report'; line: string }
  /** the process says it has its ports; whether it answers is for the application to find out */
  | { type: 'started'; serverPid: number; port: number; uiPort: number }
  | { type: 'exited'; reason: string; willRestart: boolean }
  /** nothing runs any more and nothing will */
  | { type: 'failed'; message: string };

/** Down the pipe after the order: the server answered, so its ports stay as they are. */
export interface ReadyNote {
  type: 'ready';
}

/** Calls `onValue` with the JSON of every complete line; what is no JSON is skipped. */
export function lineReader(onValue: (value: unknown) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const value = parse(line);
      if (value !== undefined) onValue(value);
    }
  };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
