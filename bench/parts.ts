// The parts of the bench, in the order in which a whole run takes them.
import { ackPart } from './parts/ack.ts';
import { costPart } from './parts/cost.ts';
import { latencyPart } from './parts/latency.ts';
import { listsPart } from './parts/lists.ts';
import { memoryPart } from './parts/memory.ts';
import { openPart } from './parts/open.ts';
import { recoveryPart } from './parts/recovery.ts';

export const PARTS = {
  latency: latencyPart,
  cost: costPart,
  ack: ackPart,
  memory: memoryPart,
  open: openPart,
  recovery: recoveryPart,
  lists: listsPart,
} as const;

export type PartName = keyof typeof PARTS;
