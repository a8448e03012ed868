import type { LogEntry } from './page-log.ts';
import type { TourStep } from './tour.ts';
import type { View } from './view.ts';

/** The guided tour: what to do now, and what the last step did. */
export function TourPane({ tour, phone }: View) {
  const { steps, current } = tour;
  const now = steps[current] ?? null;
  const last = steps[current - 1] ?? null;
  return (
    <section id="tour" class="sim-tour" aria-labelledby="tour-title">
      <header>
        <h2 id="tour-title">{now === null ? 'Tour done' : `Tour: step ${current + 1} of ${steps.length}`}</h2>
        <ol class="sim-steps" aria-label="Steps of the tour">
          {steps.map((step, index) => (
            <li
              class={stepClass(step, index, current)}
              aria-current={index === current ? 'step' : undefined}
              title={step.title}
            >
              <span class="sr-only">
                {step.title}
                {step.done ? ', done' : ''}
              </span>
            </li>
          ))}
        </ol>
        <button type="button" class="sim-link" data-hide-tour>
          Hide
        </button>
      </header>
      <div role="status">
        {now === null ? (
          <p class="sim-tour-now">
            <strong>That was the whole flow.</strong> Open the receipt, or make something go wrong and try
            again.
          </p>
        ) : (
          <p class="sim-tour-now">
            <strong>{now.title}.</strong> {now.action ?? 'Nothing to do: it comes by itself.'}
          </p>
        )}
      </div>
      {last !== null && (
        <p class="small muted sim-tour-just">
          Just now: {last.result} {last.call !== null && <CallLink call={last.call} />}
        </p>
      )}
      <details class="small" id={`tour-all-${phone.key}`}>
        <summary>All eight steps</summary>
        <ol class="sim-tour-list">
          {steps.map((step) => (
            <li class={step.done ? 'sim-done' : ''}>
              <strong>{step.title}.</strong> {step.done ? step.result : (step.action ?? 'Comes by itself.')}{' '}
              {step.call !== null && <CallLink call={step.call} />}
            </li>
          ))}
        </ol>
      </details>
    </section>
  );
}

function CallLink({ call }: { call: LogEntry }) {
  return (
    <button type="button" class="sim-link sim-call" data-entry={call.key}>
      {call.what}
    </button>
  );
}

function stepClass({ done }: TourStep, index: number, current: number): string {
  if (done) return 'sim-step sim-done';
  return index === current ? 'sim-step sim-now' : 'sim-step';
}
