// What the page does in the browser: which part is shown, the phone's frame, the ticking clock, and the log. All else comes
// from the server as HTML and is put in its place by htmx.
// What somebody has opened stays open when its content is replaced.
htmx.config.morphIgnore.push('open');

const live = document.querySelector('[data-live]');
const mountPath = live.dataset.live;
const byId = (id) => document.getElementById(id);
const one = (selector) => document.querySelector(selector);

// ---- One part at a time, on a narrow screen

const panes = one('.sim-panes');

function showPane(name) {
  panes.dataset.shown = name;
  for (const tab of document.querySelectorAll('[data-tab]'))
    tab.setAttribute('aria-pressed', String(tab.dataset.tab === name));
  if (name === 'phone') scrollToNewest();
  if (name === 'log') log.draw();
}

// ---- The phone

const browser = byId('browser');
const address = one('[data-address]');
let frame = one('[data-frame]');

/** A frame of its own for each page: one that is led elsewhere complains of what it was just asking the server. */
function showInFrame(src) {
  const next = frame.cloneNode();
  next.removeAttribute('src');
  if (src !== null) next.src = src;
  next.addEventListener('load', () => {
    const { href } = next.contentWindow?.location ?? {};
    if (href && href !== 'about:blank') address.textContent = href;
  });
  frame.replaceWith(next);
  frame = next;
}

function scrollToNewest() {
  const texts = byId('texts');
  texts.scrollTop = texts.scrollHeight;
}

/** Our own pages open in the phone; another host's get a tab of their own, as links do. */
function openLink(link, event) {
  if (new URL(link.href).origin !== location.origin) return;
  event.preventDefault();
  showInFrame(link.href);
  address.textContent = link.href;
  browser.hidden = false;
  for (const behind of document.querySelectorAll('[data-behind]')) behind.inert = true;
  one('[data-close-browser]').focus();
}

function closeBrowser() {
  if (browser.hidden) return;
  showInFrame(null);
  browser.hidden = true;
  for (const behind of document.querySelectorAll('[data-behind]')) behind.inert = false;
  scrollToNewest();
}

// ---- The clock ticks by itself; its offset comes from the server

const clockFormat = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Oslo', timeStyle: 'medium' });
const clockTime = (ms) => clockFormat.format(new Date(ms));

setInterval(() => {
  const clock = one('[data-clock]');
  if (clock) clock.textContent = clockTime(Date.now() + Number(clock.dataset.offsetMs));
}, 1000);

// ---- The log: only the rows in sight are in the document

const PROVIDERS = new Set(['paycore', 'vipps']);
/** As many as the server keeps of both kinds together. */
const MAX_ENTRIES = 20_000;

class Log {
  /** by key */
  all = new Map();
  /** what passes the filters, newest first */
  shown = [];
  sessionKeys = null;
  selected = null;
  view = one('[data-log]');
  rows = one('[data-log-rows]');
  /** row elements by the key they show: a row under the pointer stays the same call while others come above it */
  drawn = new Map();
  spare = [];
  rowHeight = 0;

  async load() {
    const response = await fetch(`${mountPath}/page/log`);
    if (!response.ok) return;
    const { items } = await response.json();
    this.all = new Map(items.map((entry) => [entry.key, entry]));
    this.filter();
    requestAnimationFrame(() => (document.body.dataset.logLoaded = 'yes'));
  }

  add(entries) {
    let added = 0;
    for (const entry of entries) {
      const isKnown = this.all.has(entry.key);
      this.all.set(entry.key, entry);
      if (isKnown) this.shown = this.shown.filter(({ key }) => key !== entry.key);
      if (!this.passes(entry)) continue;
      // By its begin: a call that took long comes below those that began later.
      const index = this.shown.findIndex(({ at }) => at <= entry.at);
      this.shown.splice(index === -1 ? this.shown.length : index, 0, entry);
      if (!isKnown) added += 1;
    }
    for (const key of this.all.keys()) {
      if (this.all.size <= MAX_ENTRIES) break;
      this.all.delete(key);
    }
    // A reader further down keeps the place.
    if (this.view.scrollTop > 0) this.view.scrollTop += added * this.rowHeight;
    this.draw();
    if (byId('log-session').value !== '') this.refreshSession();
  }

  filter() {
    const passing = [...this.all.values()].filter((entry) => this.passes(entry)).toReversed();
    this.shown = passing.toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
    this.draw();
  }

  passes(entry) {
    const party = byId('log-party').value;
    const found = byId('log-text').value.trim().toLowerCase();
    if (this.sessionKeys !== null && !this.sessionKeys.has(entry.key)) return false;
    if (party === 'trouble' && !entry.trouble && entry.note === null) return false;
    if (party === 'provider' && !PROVIDERS.has(entry.from) && !PROVIDERS.has(entry.to)) return false;
    if (!['', 'trouble', 'provider', entry.from, entry.to].includes(party)) return false;
    if (found === '') return true;
    const { what, from, to, status, note } = entry;
    return `${what} ${from} ${to} ${status} ${note ?? ''}`.toLowerCase().includes(found);
  }

  /** The server decides which calls are of the chosen session: it knows the ids they carry. */
  async loadSession() {
    const id = byId('log-session').value;
    const response = id === '' ? null : await fetch(`${mountPath}/page/log/${encodeURIComponent(id)}`);
    if (id !== byId('log-session').value) return;
    this.sessionKeys = response?.ok ? new Set((await response.json()).keys) : null;
    this.filter();
  }

  refreshSession() {
    clearTimeout(this.refreshing);
    this.refreshing = setTimeout(() => void this.loadSession(), 250);
  }

  measure() {
    const probe = this.newRow();
    this.rows.append(probe);
    this.rowHeight = probe.getBoundingClientRect().height;
    probe.remove();
  }

  draw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      this.drawNow();
    });
  }

  drawNow() {
    if (this.view.clientHeight === 0) return;
    this.measure();
    const { length } = this.shown;
    byId('log-count').textContent = `${length} of ${this.all.size} calls`;
    one('[data-log-empty]').hidden = this.all.size > 0;
    this.rows.style.height = `${length * this.rowHeight}px`;
    const first = Math.max(0, Math.floor(this.view.scrollTop / this.rowHeight) - 5);
    const last = Math.min(length, first + Math.ceil(this.view.clientHeight / this.rowHeight) + 10);
    const wanted = new Map();
    for (let index = first; index < last; index += 1) wanted.set(this.shown[index].key, index);
    for (const [key, row] of this.drawn) {
      if (wanted.has(key)) continue;
      // The one with the focus stays, or the focus would be lost.
      if (row.contains(document.activeElement) && this.all.has(key)) continue;
      row.remove();
      this.drawn.delete(key);
      this.spare.push(row);
    }
    for (const [key, index] of wanted) {
      const row = this.drawn.get(key) ?? this.spare.pop() ?? this.newRow();
      this.fill(row, this.shown[index], index);
      if (!row.isConnected) this.rows.append(row);
      this.drawn.set(key, row);
    }
  }

  newRow() {
    const row = document.createElement('div');
    row.className = 'sim-log-row';
    row.setAttribute('role', 'row');
    for (const name of ['time', 'who', 'what', 'status', 'took']) {
      const cell = document.createElement('span');
      cell.setAttribute('role', 'cell');
      cell.className = `sim-log-${name}`;
      if (name === 'what') {
        const button = document.createElement('button');
        button.type = 'button';
        button.className = 'sim-log-open';
        cell.append(button);
      }
      row.append(cell);
    }
    return row;
  }

  fill(row, entry, index) {
    row.style.transform = `translateY(${index * this.rowHeight}px)`;
    row.classList.toggle('sim-log-trouble', entry.trouble || entry.note !== null);
    row.classList.toggle('sim-log-selected', entry.key === this.selected);
    if (row.dataset.key === entry.key && row.dataset.status === entry.status) return;
    row.dataset.key = entry.key;
    row.dataset.status = entry.status;
    row.dataset.party = entry.from === 'sms2pay' ? entry.to : entry.from;
    const [time, who, what, status, took] = row.children;
    time.textContent = clockTime(Date.parse(entry.at));
    who.textContent = `${entry.from} → ${entry.to}`;
    what.firstChild.textContent = entry.what;
    what.firstChild.dataset.entry = entry.key;
    what.title = entry.note === null ? entry.what : `${entry.what} (${entry.note})`;
    status.textContent = entry.note === null ? entry.status : `${entry.status} ⚡`;
    took.textContent = `${entry.ms} ms`;
  }

  async open(key) {
    this.selected = key;
    showPane('log');
    this.draw();
    const response = await fetch(`${mountPath}/page/entries/${encodeURIComponent(key)}`);
    byId('entry').innerHTML = await response.text();
    one('[data-entry-detail]')?.focus();
  }

  close() {
    const key = this.selected;
    this.selected = null;
    byId('entry').replaceChildren();
    this.draw();
    (this.drawn.get(key)?.querySelector('button') ?? this.view).focus();
  }
}

const log = new Log();

log.view.addEventListener('scroll', () => log.draw(), { passive: true });
new ResizeObserver(() => log.draw()).observe(log.view);
for (const id of ['log-text', 'log-party']) byId(id).addEventListener('input', () => log.filter());
document.addEventListener('change', (event) => {
  if (event.target.id === 'log-session') void log.loadSession();
});
log.view.addEventListener('keydown', (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const row = event.target.closest('.sim-log-row');
  if (step === undefined || row === null) return;
  event.preventDefault();
  const index = log.shown.findIndex(({ key }) => key === row.dataset.key) + step;
  if (index < 0 || index >= log.shown.length) return;
  const top = index * log.rowHeight;
  if (top < log.view.scrollTop) log.view.scrollTop = top;
  if (top + log.rowHeight > log.view.scrollTop + log.view.clientHeight)
    log.view.scrollTop = top + log.rowHeight - log.view.clientHeight;
  log.drawNow();
  log.drawn.get(log.shown[index].key)?.querySelector('button').focus();
});

// ---- The tour can be put away

const TOUR_KEY = 'sms2pay-simulator-tour';

function showTour(isShown) {
  one('[data-tour]').hidden = !isShown;
  one('[data-show-tour]').hidden = isShown;
  localStorage.setItem(TOUR_KEY, isShown ? 'shown' : 'hidden');
}
showTour(localStorage.getItem(TOUR_KEY) !== 'hidden');

// ---- Clicks

async function copy(id, button) {
  const text = byId(id).textContent;
  const copied = one('[data-copied]');
  try {
    await navigator.clipboard.writeText(text);
    copied.textContent = 'Copied.';
  } catch {
    getSelection().selectAllChildren(byId(id));
    copied.textContent = 'Selected: copy it with the keyboard.';
  }
  button.focus();
}

const clicks = {
  'data-tab': (button) => showPane(button.dataset.tab),
  'data-opens': openLink,
  'data-close-browser': () => {
    closeBrowser();
    byId('texts').focus();
  },
  'data-hide-tour': () => showTour(false),
  'data-show-tour': () => showTour(true),
  'data-entry': (button) => void log.open(button.dataset.entry),
  'data-close-entry': () => log.close(),
  'data-copy': (button) => void copy(button.dataset.copy, button),
  'data-session-log': (button) => {
    byId('log-session').value = button.dataset.sessionLog;
    void log.loadSession();
    showPane('log');
  },
};

document.addEventListener('click', (event) => {
  for (const [name, act] of Object.entries(clicks)) {
    const button = event.target.closest(`[${name}]`);
    if (button) return act(button, event);
  }
});

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  if (event.target.closest('#entry')) log.close();
  else if (!browser.hidden) closeBrowser();
});

// ---- What comes from the server

live.addEventListener('connected', () => {
  document.body.dataset.connected = 'yes';
  void log.load();
});
live.addEventListener('entries', (event) => log.add(JSON.parse(event.detail.data)));
for (const lost of ['htmx:sse:error', 'htmx:sse:close'])
  live.addEventListener(lost, () => (document.body.dataset.connected = 'no'));

/** A new text is scrolled to, unless an older one is being read. */
let wasAtEnd = true;
let textsBefore = 0;
document.addEventListener('htmx:before:swap', () => {
  const texts = byId('texts');
  wasAtEnd = texts.scrollHeight - texts.scrollTop - texts.clientHeight < 80;
  textsBefore = texts.childElementCount;
});
document.addEventListener('htmx:after:swap', () => {
  if (byId('texts').childElementCount !== textsBefore && wasAtEnd) scrollToNewest();
});

// A text that was just sent is shown.
document.addEventListener('htmx:before:request', (event) => {
  const form = event.target.closest?.('[data-sends]');
  if (!form) return;
  if (event.target !== form) return;
  closeBrowser();
  wasAtEnd = true;
  scrollToNewest();
});
document.addEventListener('htmx:after:request', (event) => {
  if (!event.target.matches?.('.sim-composer')) return;
  byId('compose').value = '';
  byId('segments').textContent = 'Any words you like.';
});
document.addEventListener('htmx:response:error', () => {
  byId('notice').textContent = 'That did not work. Is sms2pay still running?';
});

scrollToNewest();

// Connected from here and not by the page itself: htmx starts by itself soon after it is loaded, perhaps before its SSE
// extension and the listeners above are there. Its own start was put on the same queue earlier, so it comes first.
setTimeout(() => {
  live.setAttribute('hx-sse:connect', live.dataset.stream);
  htmx.process(live);
});
