// Says that this page changed without moving anything of it: "2 changes. Show". Rows are compared once a minute, and
// sooner where the page listens to what happens; the page of a claim counts its events. When the server does not answer,
// the page says since when it is old.
const root = document.querySelector("[data-live]");
const offline = document.querySelector("#offline");
const MINUTE = 60_000;
// What happens together is told together.
const GATHER = 2_000;
let since = new Date();

// Readers of the screen must know the place before something appears in it.
const note = document.createElement("p");
note.className = "fresh-note";
note.setAttribute("role", "status");
note.setAttribute("aria-live", "polite");
root?.after(note);

// Clocks run by themselves: they are no change.
function rows(within) {
  const all = new Map();
  for (const row of within.querySelectorAll("[data-row]")) {
    const copy = row.cloneNode(true);
    for (const clock of copy.querySelectorAll("[data-clock]")) clock.remove();
    all.set(row.dataset.row, copy.textContent.replace(/\s+/g, " "));
  }
  return all;
}

// Something that is done soon after it is asked for, and at most once a minute.
function sparing(what) {
  let timer;
  let next = 0;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      next = performance.now() + MINUTE;
      what();
    }, Math.max(GATHER, next - performance.now()));
  };
}

let count = 0;
const offer = sparing(() => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn";
  button.textContent = `${count} ${count === 1 ? "change" : "changes"}. Show`;
  button.addEventListener("click", () => location.reload());
  note.replaceChildren(button);
});

function found(n) {
  if (n === count || n === 0) return;
  count = n;
  offer();
}

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { "x-live": "1" } });
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    since = new Date();
    offline.hidden = true;
    const before = rows(root);
    const after = rows(page);
    const names = new Set([...before.keys(), ...after.keys()]);
    // On the page of a claim, which has no rows, this only tells whether the server answers.
    if (names.size > 0) found([...names].filter((name) => before.get(name) !== after.get(name)).length);
  } catch {
    offline.hidden = false;
    offline.querySelector("[data-offline-since]").textContent =
      since.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  }
}

// A browser keeps few connections to one server: a page that nobody sees gives its own back.
const heard = new Set();
const lookSoon = sparing(look);
let known = root?.dataset.known;
let stream;

function listen() {
  if (document.hidden) {
    stream?.close();
    stream = undefined;
    return;
  }
  if (stream) return;
  const asked = new URLSearchParams({ after: known });
  const claim = root.dataset.claim;
  if (claim) asked.set("claim", claim);
  stream = new EventSource(`/api/v1/events/stream?${asked}`);
  stream.addEventListener("message", (event) => {
    known = event.lastEventId;
    heard.add(known);
    if (claim) found(heard.size);
    else lookSoon();
  });
  stream.addEventListener("reset", (event) => {
    known = event.lastEventId;
  });
}

if (root) setInterval(look, MINUTE);
if (known) {
  document.addEventListener("visibilitychange", listen);
  listen();
}
