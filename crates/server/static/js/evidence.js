// The evidence form: opened in place under its button, its preview recomputed on every change after 300 ms.
function wire(form) {
  for (const element of form.querySelectorAll("[data-noscript]")) element.hidden = true;
  const selector = form.dataset.preview;
  let timer;
  let request;

  async function preview() {
    request?.abort();
    request = new AbortController();
    const shown = form.querySelector(selector);
    shown.classList.add("busy");
    const body = new URLSearchParams(new FormData(form));
    body.set("do", "preview");
    try {
      const answer = await fetch(form.action, { method: "POST", body, signal: request.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector(selector);
      if (fresh) shown.replaceChildren(...fresh.childNodes);
      const summary = page.querySelector("form .unfold > summary");
      const own = form.querySelector(".unfold > summary");
      if (summary && own) own.textContent = summary.textContent;
      shown.classList.remove("busy");
    } catch (error) {
      if (error.name !== "AbortError") shown.classList.remove("busy");
    }
  }

  form.addEventListener("input", (event) => {
    // Whoever types a strength of their own means it.
    if (event.target.name === "own_points") form.querySelector("[name=points][value=own]").checked = true;
    clearTimeout(timer);
    timer = setTimeout(preview, 300);
  });
}

for (const form of document.querySelectorAll("form[data-preview]")) wire(form);

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-inplace]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const place = document.querySelector(link.dataset.inplace);
  if (!place) return;
  event.preventDefault();
  if (!place.firstElementChild) {
    try {
      const answer = await fetch(link.href);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const form = page.querySelector("form[data-preview]");
      if (!form) throw new Error("no form");
      // The page keeps its one first heading.
      const title = form.querySelector("h1");
      const head = document.createElement("h2");
      head.append(...title.childNodes);
      title.replaceWith(head);
      place.classList.add("inplace");
      place.append(form);
      wire(form);
      form.querySelector("[data-cancel]").addEventListener("click", (cancel) => {
        cancel.preventDefault();
        place.replaceChildren();
        place.classList.remove("inplace");
        link.focus();
      });
    } catch {
      location.assign(link.href);
      return;
    }
  }
  place.scrollIntoView({ block: "nearest" });
  place.querySelector("input:not([type=hidden]), textarea").focus({ preventScroll: true });
});

document.querySelector("[data-focus]")?.focus();
