import type { Child } from 'hono/jsx';
import { TestPage } from './test-page.tsx';
import { LogPane } from './log-pane.tsx';
import { PhonePane } from './phone-pane.tsx';
import { SessionPane } from './session-pane.tsx';
import { TourPane } from './tour-pane.tsx';
import type { View } from './view.ts';
import { WalletPane } from './wallet-pane.tsx';
import { clockTime, dayOf, spanText } from './times.ts';

const TABS: readonly [pane: string, label: string][] = [
  ['phone', 'Phone'],
  ['wallet', 'Wallet'],
  ['session', 'Session'],
  ['log', 'Log'],
];

/** The whole simulator: phone, wallet, session and log beside each other, or one at a time on a narrow screen. */
export function SimulatorPage({ view, notice, compose }: { view: View; notice: Child; compose: string }) {
  const { mountPath, phone } = view;
  return (
    <TestPage title="Simulator" mountPath={mountPath} headerEnd={<ClockBar {...view} />} live>
      <h1 class="sr-only">sms2pay simulator</h1>
      <div
        id="live"
        data-stream={`${mountPath}/page/live?phone=${phone.key}`}
        hx-swap="none"
        hx-config='{"sse": {"reconnectMaxDelay": 2000}}'
        data-live={mountPath}
      ></div>
      <div id="notice" role="alert">
        {notice}
      </div>
      <div class="sim-tour-place" data-tour>
        <TourPane {...view} />
      </div>
      <button type="button" class="sim-link sim-show-tour" data-show-tour hidden>
        Show the tour
      </button>
      <div class="sim-panes" data-shown="phone">
        <PhonePane {...view} compose={compose} />
        <div class="sim-middle">
          <WalletPane {...view} />
          <SessionPane {...view} />
        </div>
        <LogPane {...view} />
      </div>
      <nav class="sim-tabs" aria-label="Parts of the simulator">
        {TABS.map(([pane, label]) => (
          <button type="button" data-tab={pane} aria-pressed={pane === 'phone' ? 'true' : 'false'}>
            {label}
            {pane === 'wallet' && <Waiting {...view} />}
          </button>
        ))}
      </nav>
    </TestPage>
  );
}

/** How many payments wait for the customer. */
export function Waiting({ payments }: View) {
  const count = payments.filter(({ status }) => status === 'pending').length;
  return (
    <span id="waiting" class={count > 0 ? 'sim-badge' : ''}>
      {count > 0 && count}
    </span>
  );
}

const STEPS: readonly [by: string, label: string, title: string][] = [
  ['600', '+10 min', 'Ten minutes later'],
  ['3600', '+1 h', 'One hour later'],
  ['86400', '+1 day', 'One day later'],
  ['limit', 'To limit', 'To the moment the session ends by itself, or its payment link expires'],
];

/** The time of the demo, and the way to make it pass. Clock and sessions move together. */
function ClockBar(view: View) {
  const { mountPath, phone } = view;
  const address = `${mountPath}/page/later`;
  return (
    <div class="sim-clock">
      <Clock {...view} />
      <form method="post" action={address} hx-post={address} hx-swap="none" class="sim-steps-of-time">
        <input type="hidden" name="phone" value={phone.key} />
        {STEPS.map(([by, label, title]) => (
          <button name="by" value={by} class="ui-button ui-button-quiet" title={title}>
            {label}
          </button>
        ))}
      </form>
    </div>
  );
}

export function Clock({ now, offsetMs }: View) {
  return (
    <p id="clock">
      <time datetime={now} data-clock data-offset-ms={offsetMs}>
        {clockTime(now)}
      </time>
      <span class="small muted">
        {dayOf(now)}
        {offsetMs >= 1_000 && `, ${spanText(offsetMs)} ahead`}
      </span>
    </p>
  );
}
