// Owns: applying overlay.json, the known differences between the vendor's old documents and the live API.
import { isDeepStrictEqual } from 'node:util';

export interface Change {
  why: string;
  /** JSON pointer; what is there now must be `was`, or nothing */
  at?: string;
  was?: unknown;
  /** the answers that are added to every operation, where it does not document them itself */
  atEveryResponses?: string[];
  set: unknown;
}

type Node = Record<string, unknown>;

/** Changes `document`. A change that does not meet what it expects is an error: the copy is not the one it was made for. */
export function applyOverlay(document: unknown, changes: readonly Change[]): void {
  for (const change of changes) {
    if (change.at !== undefined) setAt(document as Node, change.at, change);
    else addResponses(document as Node, change);
  }
}

function setAt(document: Node, at: string, { was, set }: Change): void {
  const parts = at
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = parts.pop() ?? '';
  let parent: unknown = document;
  for (const part of parts) {
    if (typeof parent !== 'object' || parent === null || !(part in parent)) {
      throw new Error(`overlay: there is no ${at}`);
    }
    parent = (parent as Node)[part];
  }
  const holder = parent as Node;
  if (!isDeepStrictEqual(holder[last], was)) throw new Error(`overlay: ${at} is not what was expected`);
  holder[last] = set;
}

function addResponses(document: Node, { atEveryResponses = [], set }: Change): void {
  for (const item of Object.values(document['paths'] as Record<string, Node>)) {
    for (const operation of Object.values(item)) {
      const responses = (operation as { responses?: Node }).responses;
      for (const status of responses === undefined ? [] : atEveryResponses) {
        (responses as Node)[status] ??= set;
      }
    }
  }
}
