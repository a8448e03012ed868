import { spokenNumber } from './phones.ts';
import { stateWord } from './session-pane.tsx';
import { clockTime } from './times.ts';
import type { View } from './view.ts';

const PARTIES: readonly [value: string, label: string][] = [
  ['', 'Everybody'],
  ['gateway', 'SMS gateway'],
  ['provider', 'Payment provider'],
  ['temporal', 'Temporal'],
  ['trouble', 'Only what failed'],
];

/**
 * The frame of the log. Its rows are drawn by simulator.js, only those in sight, so that 10,000 of them stay fluid; an
 * opened one is fetched as a fragment.
 */
export function LogPane(view: View) {
  return (
    <section class="sim-pane sim-log" aria-labelledby="log-title" data-pane="log">
      <header class="sim-log-head">
        <h2 id="log-title">Log</h2>
        <p class="small muted" id="log-count"></p>
      </header>
      <div class="sim-log-filters">
        <div>
          <label for="log-text">Find</label>
          <input id="log-text" type="search" placeholder="capture, 503, signal" autocomplete="off" />
        </div>
        <div>
          <label for="log-party">With</label>
          <select id="log-party">
            {PARTIES.map(([value, label]) => (
              <option value={value}>{label}</option>
            ))}
          </select>
        </div>
        <div>
          <label for="log-session">Session</label>
          <SessionChoice {...view} />
        </div>
      </div>
      <div
        class="sim-log-table"
        role="table"
        aria-label="Calls between gateway, sms2pay, provider and Temporal"
      >
        <div role="rowgroup" class="sim-log-titles">
          <div role="row" class="sim-log-row">
            <span role="columnheader">Time</span>
            <span role="columnheader">From and to</span>
            <span role="columnheader">What</span>
            <span role="columnheader">Answer</span>
            <span role="columnheader">Took</span>
          </div>
        </div>
        <div class="sim-log-view" data-log tabindex={0} role="rowgroup" aria-label="Calls, newest first">
          <div class="sim-log-rows" role="none" data-log-rows></div>
        </div>
      </div>
      <p class="sim-empty" data-log-empty>
        Nothing yet. Each call shows up here the moment it happens.
      </p>
      <div id="entry" class="sim-entry-place"></div>
    </section>
  );
}

export function SessionChoice({ allSessions }: View) {
  return (
    <select id="log-session">
      <option value="">All</option>
      {allSessions.map(({ sessionId, createdAt, phone, state }) => (
        <option value={sessionId}>
          {clockTime(createdAt)} {spokenNumber(`+${phone}`)}, {stateWord(state).toLowerCase()}
        </option>
      ))}
    </select>
  );
}
