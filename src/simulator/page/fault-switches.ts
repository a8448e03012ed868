import type { Faults } from '../faults.ts';
import type { FaultKind, FaultOperation } from '../records.ts';
import type { SimulatorParts } from '../parts.ts';

interface FaultSwitch {
  name: string;
  title: string;
  detail: string;
  faults: readonly { operation: FaultOperation; kind: FaultKind }[];
}

const PROVIDER_CALLS = ['reserve', 'read', 'capture'] as const;

/** What can go wrong, in plain words. */
const SWITCHES: readonly FaultSwitch[] = [
  {
    name: 'provider-slow',
    title: 'Payment provider is slow',
    detail: 'Each answer takes five seconds.',
    faults: PROVIDER_CALLS.map((operation) => ({ operation, kind: 'delay' })),
  },
  {
    name: 'provider-failing',
    title: 'Payment provider fails',
    detail: 'Each call is answered with an error, and nothing is done.',
    faults: PROVIDER_CALLS.map((operation) => ({ operation, kind: 'fail' })),
  },
  {
    name: 'answer-lost',
    title: 'It charges, but never answers',
    detail: 'The provider captures the amount, then cuts the connection.',
    faults: [{ operation: 'capture', kind: 'timeoutAfterActing' }],
  },
  {
    name: 'callback-lost',
    title: 'Callbacks get lost',
    detail: 'sms2pay is never notified that the customer approved.',
    faults: [{ operation: 'callback', kind: 'drop' }],
  },
  {
    name: 'callback-doubled',
    title: 'Callbacks come twice',
    detail: 'Both at the same time.',
    faults: [{ operation: 'callback', kind: 'double' }],
  },
  {
    name: 'gateway-down',
    title: 'SMS gateway is down',
    detail: 'No text gets through, in either direction. It tries again by itself.',
    faults: [
      { operation: 'mo', kind: 'fail' },
      { operation: 'send', kind: 'fail' },
    ],
  },
  {
    name: 'texts-undelivered',
    title: 'Texts are reported lost',
    detail: 'Each delivery report states that the text did not arrive.',
    faults: [{ operation: 'delivery', kind: 'unsuccessful' }],
  },
  {
    name: 'reports-lost',
    title: 'No delivery reports',
    detail: 'Texts arrive, and nobody reports it.',
    faults: [{ operation: 'delivery', kind: 'drop' }],
  },
];

/** Until it is switched off: more often than any call is retried. */
const AS_OFTEN_AS_IT_TAKES = 1_000;

export interface ShownSwitch extends Pick<FaultSwitch, 'name' | 'title' | 'detail'> {
  on: boolean;
  /** how often it has fired since it was switched on */
  hits: number;
}

export function shownSwitches(faults: Faults): ShownSwitch[] {
  return SWITCHES.map(({ name, title, detail, faults: wanted }) => {
    const set = rowsOf(faults, wanted);
    const on = set.some(({ fired, times }) => fired < times);
    return { name, title, detail, on, hits: on ? set.reduce((sum, { fired }) => sum + fired, 0) : 0 };
  });
}

/** False: there is no such switch. */
export function turnSwitch({ faults, store }: SimulatorParts, name: string, on: boolean): boolean {
  const found = SWITCHES.find((candidate) => candidate.name === name);
  if (found === undefined) return false;
  const old = rowsOf(faults, found.faults);
  store.commit(...old.map(({ id }) => ({ table: 'fault' as const, remove: id })));
  if (on) for (const fault of found.faults) faults.add({ ...fault, times: AS_OFTEN_AS_IT_TAKES });
  return true;
}

function rowsOf(faults: Faults, wanted: FaultSwitch['faults']) {
  return faults
    .list()
    .filter((row) => wanted.some(({ operation, kind }) => row.operation === operation && row.kind === kind));
}
