// Keeps "12 min ago" and "19 h left" current, once a minute, by the server's clock (the demo's stands elsewhere).
const offset = Date.parse(document.body.dataset.now) - Date.now();
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const join = (...words) => words.join("\u00a0");

function ago(ms) {
  if (ms < minute) return "just now";
  if (ms < hour) return join(Math.floor(ms / minute), "min", "ago");
  if (ms < day) return join(Math.floor(ms / hour), "h", "ago");
  return ms < 7 * day ? join(Math.floor(ms / day), "d", "ago") : null;
}

function left(ms) {
  if (ms <= 0) return "ended";
  if (ms < hour) return join(Math.max(1, Math.floor(ms / minute)), "min", "left");
  return ms < 2 * day ? join(Math.floor(ms / hour), "h", "left") : join(Math.floor(ms / day), "days", "left");
}

function tick() {
  const now = Date.now() + offset;
  for (const time of document.querySelectorAll("time[data-clock]")) {
    const at = Date.parse(time.dateTime);
    const text = time.dataset.clock === "ago" ? ago(now - at) : left(at - now);
    if (text !== null && text !== time.textContent) time.textContent = text;
  }
}

if (!Number.isNaN(offset)) setInterval(tick, minute);
