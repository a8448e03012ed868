// Refreshes the parts of the page that change by themselves; forms and what is being typed stay as they are.
const everyMs = 1500;
const liveIds = ['live-texts', 'live-clock', 'live-payments', 'live-exchanges'];

async function refresh() {
  const response = await fetch(window.location.pathname, { headers: { accept: 'text/html' } });
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
  for (const id of liveIds) {
    const shown = document.getElementById(id);
    const next = fresh.getElementById(id);
    if (!shown || !next || shown.innerHTML === next.innerHTML || shown.contains(document.activeElement))
      continue;
    shown.replaceWith(next);
    if (id === 'live-texts') scrollToNewest();
  }
}

function scrollToNewest() {
  const texts = document.getElementById('live-texts');
  if (texts) texts.scrollTop = texts.scrollHeight;
}

async function keepRefreshing() {
  try {
    if (!document.hidden) await refresh();
  } catch {
    // The server is restarting: the next round will find it again.
  }
  setTimeout(() => void keepRefreshing(), everyMs);
}

scrollToNewest();
setTimeout(() => void keepRefreshing(), everyMs);
