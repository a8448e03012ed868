// Owns: how a run is told.
import type { Finding } from '../audit/evidence.ts';
import { PLANS } from './customer.ts';
import type { Kill } from './killer.ts';
import { POINTS, type PointName } from './named-points.ts';
import type { ChaosOptions } from './options.ts';
import type { Outcome } from './run.ts';

const SHOWN_FINDINGS = 30;

export function describeOutcome(options: ChaosOptions, outcome: Outcome): string {
  const { verdict, evidence, kills, faults, durations, left } = outcome;
  const { counts } = verdict;
  const hit = kills.filter(({ openCalls }) => openCalls.length > 0);
  const fired = [...faults.values()].reduce((sum, count) => sum + count, 0);
  const { startMs, loadMs, quietMs, auditMs } = durations;
  const row = (name: string, value: string | number): string => `${name.padEnd(18)} ${value}`;
  const stillMoving = Object.entries(left).filter(([, count]) => count > 0);
  return [
    '',
    row('seed', options.seed),
    row('sessions', `${evidence.sessions.length} (${inWords(verdict.sessionsByState)})`),
    row(
      'captured',
      `NOK ${(verdict.capturedMinor / 100).toFixed(2)} in ${evidence.receipts.length} receipts`,
    ),
    row('kills', `${kills.length} (${inWords(countBy(kills, ({ victim }) => victim))})`),
    row(
      '  hit money calls',
      `${hit.length} kills, ${hit.flatMap(({ openCalls }) => openCalls).length} calls`,
    ),
    ...pointRows(kills, row),
    row('ended by itself', ownEnds(outcome)),
    row('faults fired', `${fired} (${inWords(Object.fromEntries(faults))})`),
    row('plans', inWords(Object.fromEntries(outcome.plans))),
    row('met', inWords({ ...verdict.kinds })),
    ...(neverMet(outcome).length === 0 ? [] : [row('NEVER MET', neverMet(outcome).join(', '))]),
    row('started at a look', `${verdict.startedAtLook} uses, where a fault met the call that says when`),
    row('slowest recovery', recoveries(outcome)),
    row(
      'watching',
      `${verdict.honestlyOpen} sessions told their end, until an unapproved payment has run out`,
    ),
    row(
      'time',
      `start ${seconds(startMs)}, load ${seconds(loadMs)}, quiet ${seconds(quietMs)}, audit ${seconds(auditMs)}`,
    ),
    ...(stillMoving.length === 0 ? [] : [row('NOT QUIET', inWords(Object.fromEntries(stillMoving)))]),
    row('lost', counts.lost),
    row('doubled', counts.doubled),
    row('wrong', counts.wrong),
    row('stuck', counts.stuck),
    ...describeFindings(verdict.findings),
  ].join('\n');
}

export function isClean(outcome: Outcome): boolean {
  return outcome.verdict.findings.length === 0 && neverMet(outcome).length === 0;
}

/** What no session met, though there were enough for each plan: of that the run proves nothing. */
export function neverMet({
  verdict,
  evidence,
  plans,
}: Pick<Outcome, 'verdict' | 'evidence' | 'plans'>): string[] {
  if (evidence.sessions.length < PLANS.length) return [];
  const unfollowed = PLANS.filter(([plan]) => !plans.has(plan)).map(([plan]) => plan);
  return [
    ...unfollowed,
    ...Object.entries(verdict.kinds).flatMap(([kind, count]) => (count === 0 ? [kind] : [])),
  ];
}

function pointRows(kills: readonly Kill[], row: (name: string, value: number) => string): string[] {
  const points = Object.keys(POINTS) as PointName[];
  return points.map((point) => {
    const hits = kills.filter((kill) => kill.points.includes(point)).length;
    return `${row('  at the point', hits)}  ${POINTS[point]}`;
  });
}

/** From the kill to a process that serves again, and to the definite end of a money call that it had cut off. */
function recoveries({ kills, evidence }: Outcome): string {
  const finished = new Map(
    evidence.operations.map(({ operationId, finishedAt }) => [operationId, finishedAt]),
  );
  const calls = kills.flatMap(({ at, openCalls }) =>
    openCalls.map((operationId) => Date.parse(finished.get(operationId) ?? '') - Date.parse(at)),
  );
  const processes = kills.map(({ upAfterMs }) => upAfterMs ?? 0);
  const slowest = (values: readonly number[]): string =>
    seconds(values.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, value) : most), 0));
  return `a process ${slowest(processes)}, a money call that was cut off ${slowest(calls)}`;
}

function describeFindings(findings: readonly Finding[]): string[] {
  const shown = findings
    .slice(0, SHOWN_FINDINGS)
    .map(({ category, subject, what }) => `${category}: ${subject} ${what}`);
  const more = findings.length - shown.length;
  return [...(shown.length > 0 ? ['', ...shown] : []), ...(more > 0 ? [`and ${more} more`] : [])];
}

/** Started again each time; one that had served has met something it should have borne. */
function ownEnds({ ownEnds: processes }: Outcome): string {
  const ends = [...processes].filter(([, process]) => process.ownEnds > 0);
  const told = ends.map(
    ([name, process]) => `${name} ${process.ownEnds}, while it served ${process.crashes}`,
  );
  return told.length === 0 ? 'none' : told.join('; ');
}

function countBy<T>(items: readonly T[], nameOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[nameOf(item)] = (counts[nameOf(item)] ?? 0) + 1;
  return counts;
}

function inWords(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
