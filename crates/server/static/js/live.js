// Looks once a minute whether rows of this page changed, and says so without moving anything: "2 rows changed. Show".
// When the server does not answer, the page says since when it is old.
const root = document.querySelector("[data-live]");
const offline = document.querySelector("#offline");
let since = new Date();

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

function offer(count) {
  let note = document.querySelector(".fresh-note");
  if (!note) {
    note = document.createElement("p");
    note.className = "fresh-note";
    note.setAttribute("role", "status");
    root.after(note);
  }
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn";
  button.textContent = `${count} ${count === 1 ? "row" : "rows"} changed. Show`;
  button.addEventListener("click", () => location.reload());
  note.replaceChildren(button);
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
    const count = [...names].filter((name) => before.get(name) !== after.get(name)).length;
    if (count > 0) offer(count);
  } catch {
    offline.hidden = false;
    offline.querySelector("[data-offline-since]").textContent =
      since.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  }
}

if (root) setInterval(look, 60_000);
