import { MAX_TEXT_LENGTH } from '../api.ts';
import { countSegments, fitsGsm } from '../segments.ts';
import { spokenNumber } from './phones.ts';
import { dayOf, shortTime } from './times.ts';
import type { ShownText, View } from './view.ts';

export function PhonePane(props: View & { compose: string }) {
  return (
    <section class="sim-pane sim-phone" id="phone" aria-labelledby="phone-title" data-pane="phone">
      <div class="sim-device">
        <DeviceTop {...props} />
        <div class="sim-body">
          <div class="sim-screen" data-behind>
            <Texts {...props} />
          </div>
          <Keys {...props} />
          <Browser />
        </div>
      </div>
    </section>
  );
}

function DeviceTop({ mountPath, phone, phones, shortNumber }: View) {
  return (
    <header class="sim-device-top">
      <div>
        <h2 id="phone-title">{shortNumber}</h2>
        <p class="small muted">
          This phone: <span class="numeric">{spokenNumber(phone.number)}</span>
        </p>
      </div>
      <details class="sim-menu">
        <summary class="ui-button ui-button-quiet">Numbers</summary>
        <div class="sim-menu-sheet">
          <ul>
            {phones.map((known) => (
              <li>
                <a
                  href={`${mountPath}?phone=${known.key}`}
                  aria-current={known.key === phone.key ? 'true' : undefined}
                >
                  {spokenNumber(known.number)}
                </a>
              </li>
            ))}
          </ul>
          <form method="post" action={`${mountPath}/page/phones`}>
            <label for="new-phone">Another number</label>
            <div class="sim-inline">
              <input id="new-phone" name="phone" inputmode="tel" placeholder="+47 900 00 002" required />
              <button class="ui-button ui-button-primary">Add</button>
            </div>
          </form>
        </div>
      </details>
    </header>
  );
}

function Keys({ mountPath, phone, words, compose }: View & { compose: string }) {
  const address = `${mountPath}/page/sms`;
  const sends = { action: address, 'hx-post': address, 'hx-swap': 'none' };
  return (
    <footer class="sim-device-keys" data-behind>
      <form method="post" {...sends} data-sends>
        <input type="hidden" name="phone" value={phone.key} />
        <div class="sim-quick-keys">
          {[words.start, 'STATUS', words.end].map((word) => (
            <button name="text" value={word} class="sim-key">
              {word}
            </button>
          ))}
        </div>
      </form>
      <form method="post" {...sends} class="sim-composer" data-sends>
        <input type="hidden" name="phone" value={phone.key} />
        <input
          name="text"
          id="compose"
          aria-label="Text message"
          aria-describedby="segments"
          placeholder="Text message"
          maxlength={MAX_TEXT_LENGTH}
          required
          autocomplete="off"
          value={compose}
          hx-post={`${mountPath}/page/segments`}
          hx-trigger="input delay:120ms"
          hx-target="#segments"
          hx-swap="innerHTML"
        />
        <button class="ui-button ui-button-primary">Send</button>
      </form>
      <p id="segments" class="small muted">
        {compose === '' ? 'Any words you like.' : segmentsText(compose)}
      </p>
    </footer>
  );
}

/** The frame in which a link of a text opens: our own pages and the wallet's, as on the phone they are for. */
function Browser() {
  return (
    <div class="sim-browser" id="browser" hidden>
      <div class="sim-browser-bar">
        <button type="button" class="ui-button ui-button-quiet" data-close-browser>
          Back to texts
        </button>
        <span class="sim-address small muted" data-address></span>
      </div>
      <iframe title="The phone's browser" name="phone-browser" data-frame></iframe>
    </div>
  );
}

export function Texts({ texts, words, phone }: View) {
  return (
    <div id="texts" class="sim-texts" role="log" aria-label="Messages" tabindex={0} data-phone={phone.key}>
      {texts.length === 0 && (
        <p class="sim-empty">
          No messages yet. Choose <strong>{words.start}</strong> to begin.
        </p>
      )}
      {texts.map((text, index) => {
        const day = dayOf(text.at);
        const before = texts[index - 1];
        return (
          <>
            {(before === undefined || dayOf(before.at) !== day) && <p class="sim-day">{day}</p>}
            <Bubble text={text} />
          </>
        );
      })}
    </div>
  );
}

function Bubble({ text }: { text: ShownText }) {
  const { id, direction, at } = text;
  const { tick, label } = tickOf(text);
  return (
    <article id={`text-${id}`} class={`sim-bubble ${direction === 'in' ? 'sim-mine' : 'sim-theirs'}`}>
      <p dir="auto">{linked(text.text)}</p>
      <footer>
        <time datetime={at}>{shortTime(at)}</time>
        <span title="How the network sends it">{segmentsText(text.text)}</span>
        <span class="sim-tick">
          <span aria-hidden="true">{tick}</span> {label}
        </span>
      </footer>
    </article>
  );
}

function tickOf({ direction, state, attempts, reported }: ShownText): { tick: string; label: string } {
  if (direction === 'out') return reported ? { tick: '✓✓', label: 'reported' } : { tick: '✓', label: 'here' };
  switch (state) {
    case 'delivered':
      return { tick: '✓✓', label: 'delivered' };
    case 'pending':
      return { tick: '✓', label: attempts > 0 ? `waiting, ${counted(attempts, 'try', 'tries')}` : 'sending' };
    case 'dropped':
      return { tick: '✗', label: 'lost on the way' };
    case 'expired':
      return { tick: '✗', label: 'not delivered' };
  }
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

export function segmentsText(text: string): string {
  return `${counted(countSegments(text), 'part', 'parts')}, ${fitsGsm(text) ? 'GSM-7' : 'UCS-2'}`;
}

/** The text with its web addresses as links; a closing stop or comma belongs to the sentence. */
function linked(text: string) {
  return text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)])/i).map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      <a href={part} target="_blank" rel="noopener noreferrer" data-opens>
        {part}
      </a>
    ),
  );
}
