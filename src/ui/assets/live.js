// Lets the time on a session's page run between two reads of the server. Without it the page shows the time of its last read.
const shown = new WeakMap();

function tick() {
  for (const element of document.querySelectorAll('[data-elapsed-ms]')) {
    const given = element.dataset.elapsedMs;
    let base = shown.get(element);
    if (!base || base.given !== given) {
      base = { given, at: performance.now() };
      shown.set(element, base);
    }
    const seconds = Math.floor((Number(given) + performance.now() - base.at) / 1000);
    const text = stopwatch(seconds);
    if (element.textContent !== text) element.textContent = text;
  }
}

/** Hours, minutes, seconds: 1:03:20. */
function stopwatch(seconds) {
  const two = (number) => String(number).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

tick();
setInterval(tick, 250);
