import { type Context, Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { type ApiParts, phoneSchema } from './api.ts';
import type { Exchange } from './exchanges.ts';
import type { ShownPayment } from './payments.ts';
import { mountPathOf } from './recording.ts';
import type { TextRow } from './records.ts';
import { digitsOf } from './store.ts';
import { amountText, TestPage } from './test-page.tsx';

const firstPhone = '+4790000001';
const shownExchanges = 15;
const hourSeconds = 3_600;
const firstTryWithinMs = 5_000;
const phoneCookie = 'sim-phone';

interface PageParts extends ApiParts {
  shortNumber: string;
}

/** The plain phone page: the whole flow by hand, with forms that work without script. */
export function phonePage(parts: PageParts) {
  return (c: Context) => {
    const notice = noticeTexts[c.req.query('notice') ?? ''] ?? null;
    return c.html(<PhonePage {...viewOf(parts, c)} notice={notice} />);
  };
}

const noticeTexts: Record<string, string> = {
  number: 'That is not a phone number with country code.',
  payment: 'That payment could not be changed: see its status.',
  clock: 'The clock could not be moved: the workflow server cannot skip time.',
};

export function phoneForms(parts: PageParts): Hono {
  const app = new Hono();
  const back = (c: Context, notice?: keyof typeof noticeTexts) =>
    c.redirect(`${mountPathOf(parts.baseUrl())}${notice === undefined ? '' : `?notice=${notice}`}`, 303);
  app.post('/phone', async (c) => {
    const phone = phoneSchema.safeParse((await c.req.parseBody())['phone']);
    if (!phone.success) return back(c, 'number');
    // A cookie and not the address: a phone number does not belong into a URL.
    const path = mountPathOf(parts.baseUrl()) || '/';
    setCookie(c, phoneCookie, phone.data, { path, httpOnly: true, sameSite: 'Lax' });
    return back(c);
  });
  app.post('/sms', async (c) => {
    const { text } = await c.req.parseBody();
    if (typeof text !== 'string') return back(c);
    const sent = parts.gateway.fromPhone({ from: chosenPhone(c), to: parts.shortNumber, text });
    await parts.deliveries.firstTry(sent.deliveryId, firstTryWithinMs);
    return back(c);
  });
  for (const action of ['approve', 'reject', 'expire'] as const) {
    app.post(`/payments/:id/${action}`, (c) => {
      const outcome = parts.payments[action](c.req.param('id') ?? '');
      return back(c, outcome.ok ? undefined : 'payment');
    });
  }
  app.post('/later', async (c) => {
    const step = await parts.clockSteps.advance(hourSeconds);
    return back(c, step.kind === 'advanced' ? undefined : 'clock');
  });
  return app;
}

function chosenPhone(c: Context): string {
  const phone = phoneSchema.safeParse(getCookie(c, phoneCookie));
  return phone.success ? phone.data : firstPhone;
}

interface View {
  mountPath: string;
  shortNumber: string;
  phone: string;
  phones: string[];
  now: string;
  texts: TextRow[];
  payments: ShownPayment[];
  exchanges: Exchange[];
}

function viewOf(parts: PageParts, c: Context): View {
  const phone = chosenPhone(c);
  const all = [...parts.store.texts.values()];
  const ownerOf = (text: TextRow) => (text.direction === 'in' ? text.from : text.to);
  const known = new Map([firstPhone, phone, ...all.map(ownerOf)].map((number) => [digitsOf(number), number]));
  return {
    mountPath: mountPathOf(parts.baseUrl()),
    shortNumber: parts.shortNumber,
    phone,
    phones: [...known.values()],
    now: parts.clock.now(),
    texts: all.filter((text) => digitsOf(ownerOf(text)) === digitsOf(phone)),
    payments: parts.payments.all().toReversed(),
    exchanges: parts.exchanges.list(null, shownExchanges).toReversed(),
  };
}

function PhonePage(view: View & { notice: string | null }) {
  return (
    <TestPage title="Phone" mountPath={view.mountPath} script>
      <div class="columns">
        <section class="phone" aria-label="Phone">
          <PhoneChoice {...view} />
          {view.notice !== null && <p class="notice">{view.notice}</p>}
          <div id="live-texts" class="bubbles" aria-live="polite">
            {view.texts.map((text) => (
              <Bubble text={text} />
            ))}
            {view.texts.length === 0 && <p class="small">No texts yet. Send CHARGE to begin.</p>}
          </div>
          <SendForms {...view} />
        </section>
        <section aria-label="Wallet and clock">
          <form method="post" action={`${view.mountPath}/page/later`} class="row">
            <p id="live-clock">
              <time datetime={view.now}>{view.now.replace('T', ' ').slice(0, 19)} UTC</time>
            </p>
            <button>1 hour later</button>
          </form>
          <h2>Payments</h2>
          <div id="live-payments">
            {view.payments.map((payment) => (
              <PaymentCard mountPath={view.mountPath} payment={payment} />
            ))}
            {view.payments.length === 0 && <p class="small">No payments yet.</p>}
          </div>
          <h2>Last exchanges</h2>
          <ExchangeTable exchanges={view.exchanges} />
        </section>
      </div>
    </TestPage>
  );
}

function PhoneChoice({ mountPath, phone, phones, shortNumber }: View) {
  return (
    <header>
      <h1>
        {phone} <span class="small">texting {shortNumber}</span>
      </h1>
      <form method="post" action={`${mountPath}/page/phone`} class="row">
        <input name="phone" list="known-phones" value={phone} aria-label="Phone number" inputmode="tel" />
        <datalist id="known-phones">
          {phones.map((known) => (
            <option value={known}></option>
          ))}
        </datalist>
        <button class="quiet">Use this number</button>
      </form>
    </header>
  );
}

function Bubble({ text }: { text: TextRow }) {
  return (
    <article class={`bubble ${text.direction}`}>
      <p>{linked(text.text)}</p>
      <p class="small">
        {text.at.slice(11, 19)} {text.direction === 'in' ? text.state : `from ${text.from}`}
      </p>
    </article>
  );
}

/** The text with its web addresses as links; a closing stop or comma belongs to the sentence. */
function linked(text: string) {
  return text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)])/i).map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      <a href={part} target="_blank" rel="noopener noreferrer">
        {part}
      </a>
    ),
  );
}

function SendForms({ mountPath }: View) {
  const action = `${mountPath}/page/sms`;
  return (
    <footer>
      <form method="post" action={action} class="row">
        {['CHARGE', 'STATUS', 'ENDCHARGE'].map((word) => (
          <button name="text" value={word}>
            {word}
          </button>
        ))}
      </form>
      <form method="post" action={action} class="row">
        <input
          name="text"
          placeholder="Any text"
          aria-label="Text"
          maxlength={1600}
          required
          autocomplete="off"
        />
        <button class="quiet">Send</button>
      </form>
    </footer>
  );
}

function PaymentCard({ mountPath, payment }: { mountPath: string; payment: ShownPayment }) {
  const keptMinor = payment.authorizedMinor - payment.capturedMinor - payment.releasedMinor;
  const action = (name: string) => `${mountPath}/page/payments/${payment.id}/${name}`;
  return (
    <article class="card">
      <p>
        <strong>{amountText(payment.requestedMinor, payment.currency)}</strong>{' '}
        <span class={`status ${payment.status}`}>{payment.status}</span>
      </p>
      <p>{payment.description}</p>
      <p class="small">
        reserved now {amountText(keptMinor, payment.currency)}, charged{' '}
        {amountText(payment.capturedMinor, payment.currency)}, given back{' '}
        {amountText(payment.releasedMinor, payment.currency)}
      </p>
      {payment.status === 'pending' && (
        <form method="post" action={action('approve')} class="row">
          <button>Approve</button>
          <button class="quiet" formaction={action('reject')}>
            Reject
          </button>
          <button class="quiet" formaction={action('expire')}>
            Expire
          </button>
        </form>
      )}
    </article>
  );
}

function ExchangeTable({ exchanges }: { exchanges: Exchange[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th>At</th>
          <th>Who</th>
          <th>Call</th>
          <th>Answer</th>
        </tr>
      </thead>
      <tbody id="live-exchanges">
        {exchanges.map((exchange) => (
          <tr>
            <td>{exchange.at.slice(11, 19)}</td>
            <td>
              {exchange.from} → {exchange.to}
            </td>
            <td title={exchange.url}>
              {exchange.method} {new URL(exchange.url).pathname}
            </td>
            <td>
              {exchange.status ?? 'none'} {exchange.note}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
