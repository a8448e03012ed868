import { clockTime, dayOf, spanText } from './times.ts';
import type { View } from './view.ts';

const STEPS: readonly [by: string, label: string, title: string][] = [
  ['600', '+10 min', 'Ten minutes later'],
  ['3600', '+1 h', 'One hour later'],
  ['86400', '+1 day', 'One day later'],
  ['limit', 'To limit', 'To the moment the session ends by itself, or its link runs out'],
];

/** The time of the demo, and the way to make it pass. Clock and sessions move together. */
export function ClockBar(view: View) {
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
