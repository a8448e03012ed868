import { type Fact, Facts, Pill, type Tone } from '../../ui/elements.tsx';
import type { SessionShown } from '../sms2pay.ts';
import { amountText } from './test-page.tsx';
import { clockTime, shortTime, spanText } from './times.ts';
import type { View } from './view.ts';

const STATE_WORDS: Record<string, { tone: Tone; word: string }> = {
  awaitingApproval: { tone: 'warn', word: 'Waiting for approval' },
  active: { tone: 'live', word: 'In use' },
  capturing: { tone: 'warn', word: 'Being charged' },
  captured: { tone: 'good', word: 'Charged' },
  released: { tone: 'neutral', word: 'Released' },
  lapsed: { tone: 'neutral', word: 'Lapsed' },
  lost: { tone: 'bad', word: 'Lost' },
  writtenOff: { tone: 'bad', word: 'Written off' },
  declined: { tone: 'bad', word: 'Declined' },
  expired: { tone: 'neutral', word: 'Payment link expired' },
  cancelled: { tone: 'neutral', word: 'Cancelled' },
};

export function stateWord(state: string): string {
  return STATE_WORDS[state]?.word ?? state;
}

export function SessionPane(view: View) {
  return (
    <section class="sim-pane sim-session" aria-labelledby="session-title" data-pane="session">
      <h2 id="session-title">Session</h2>
      <Session {...view} />
      <Switches {...view} />
      <p class="small">
        <a href={`${view.mountPath}/signs`}>Print a sign with a QR code</a>
      </p>
    </section>
  );
}

/** How sms2pay itself sees the phone's newest session. */
export function Session({ sessions, now, words }: View) {
  const [session, ...earlier] = sessions;
  if (session === undefined) {
    return (
      <div id="session">
        <p class="sim-empty">No session of this phone. {words.start} begins one.</p>
      </div>
    );
  }
  const { tone, word } = STATE_WORDS[session.state] ?? { tone: 'neutral' as const, word: session.state };
  return (
    <div id="session" class="sim-session-facts">
      <p class="sim-session-head">
        <Pill tone={tone}>{word}</Pill> <span dir="auto">{session.serviceName}</span>
      </p>
      {session.attention !== null && (
        <p class="ui-notice ui-tone-warn">Needs attention: {session.attention}.</p>
      )}
      <Facts facts={factsOf(session, now)} />
      <p class="sim-inline small">
        {session.workflowUrl !== null && (
          <a href={session.workflowUrl} target="_blank" rel="noopener">
            Open in Temporal
          </a>
        )}
        <button type="button" class="sim-link" data-session-log={session.sessionId}>
          Show its calls only
        </button>
      </p>
      {earlier.length > 0 && (
        <p class="small muted">
          {earlier.length} earlier {earlier.length === 1 ? 'session' : 'sessions'} of this phone.
        </p>
      )}
    </div>
  );
}

function factsOf(session: SessionShown, now: string): Fact[] {
  const { startedAt, endedAt, currency, soFarMinor, reservedMinor, capturedMinor, releasedMinor } = session;
  const amount = (minor: number): string => amountText(minor, currency);
  const facts: Fact[] = [['Requested', clockTime(session.createdAt)]];
  if (startedAt !== null) {
    const used = spanText(Date.parse(endedAt ?? now) - Date.parse(startedAt));
    const until = endedAt === null ? '' : ` to ${shortTime(endedAt)}`;
    facts.push(['Used', `${used}, from ${shortTime(startedAt)}${until}`]);
  }
  if (soFarMinor !== null && soFarMinor !== capturedMinor)
    facts.push([endedAt === null ? 'Price so far' : 'Price', amount(soFarMinor)]);
  if (reservedMinor > 0) facts.push(['Reserved', amount(reservedMinor)]);
  if (capturedMinor > 0) facts.push(['Charged', amount(capturedMinor)]);
  if (releasedMinor > 0) facts.push(['Released', amount(releasedMinor)]);
  return facts;
}

/** What can be made to go wrong. */
export function Switches({ switches, mountPath, phone }: View) {
  const on = switches.filter((shown) => shown.on).length;
  return (
    <details class="sim-faults" id="faults">
      <summary>
        Make something go wrong <span id="faults-on">{on > 0 && <Pill tone="bad">{on} on</Pill>}</span>
      </summary>
      <ul id="fault-list">
        {switches.map(({ name, title, detail, on: isOn, hits }) => {
          const address = `${mountPath}/page/faults/${name}`;
          return (
            <li>
              <form method="post" action={address}>
                <input type="hidden" name="phone" value={phone.key} />
                <input type="hidden" name="on" value={isOn ? '' : 'on'} />
                <button
                  id={`fault-${name}`}
                  class="sim-switch"
                  role="switch"
                  aria-checked={isOn ? 'true' : 'false'}
                  aria-describedby={`fault-${name}-detail`}
                  hx-post={address}
                  hx-swap="none"
                >
                  {title}
                </button>
              </form>
              <p id={`fault-${name}-detail`} class="small muted">
                {detail}{' '}
                {isOn && (
                  <strong>
                    {hits === 0 ? 'Not struck yet.' : hits === 1 ? 'Struck once.' : `Struck ${hits} times.`}
                  </strong>
                )}
              </p>
            </li>
          );
        })}
      </ul>
    </details>
  );
}
