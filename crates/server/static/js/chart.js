// A hair and a read-out line above the plot, by pointer and by arrow keys; the range picker without a new page.
//
// data-chart of the figure is JSON: [{ name, unit, hover: { from, to, wide, narrow, at, value, note } }, ...], one entry
// per line that is read out. Instants are seconds, `at` counted from the one before; edges are fractions of the drawing.
const svgns = "http://www.w3.org/2000/svg";
const dates = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

function read(line, at) {
  const { instants, hover, name, unit } = line;
  let i = instants.findIndex((t) => t > at) - 1;
  if (i === -2) i = instants.length - 1;
  if (i < 0) return null;
  return [name, hover.value[i] + unit, hover.note[i]].filter(Boolean).join(" ");
}

function wire(figure) {
  let lines;
  try {
    lines = JSON.parse(figure.dataset.chart).filter((line) => line.hover.at.length);
  } catch {
    return;
  }
  if (!lines.length) return;
  for (const line of lines) {
    let t = 0;
    line.instants = line.hover.at.map((step) => (t += step));
  }
  const all = [...new Set(lines.flatMap((line) => line.instants))].sort((a, b) => a - b);
  const { from, to } = lines[0].hover;
  const readout = figure.querySelector("[data-readout]");
  const rest = "Point at the chart, or use the arrow keys, to read it.";
  readout.hidden = false;
  readout.setAttribute("aria-live", "polite");
  readout.textContent = rest;
  let current = all.length;

  for (const size of ["wide", "narrow"]) {
    const holder = figure.querySelector(`[data-${size}]`);
    const svg = holder?.querySelector("svg");
    if (!svg) continue;
    const { width, height } = svg.viewBox.baseVal;
    const [left, top, right, bottom] = lines[0].hover[size];
    const hair = document.createElementNS(svgns, "path");
    hair.setAttribute("class", "hair");
    svg.append(hair);
    holder.tabIndex = 0;
    holder.setAttribute("role", "group");
    holder.setAttribute("aria-label", "Chart, arrow keys read its points");

    const show = (at) => {
      const x = width * (left + ((right - left) * (at - from)) / (to - from || 1));
      const found = lines.map((line) => read(line, at)).filter(Boolean);
      if (found.length === 0) return clear();
      hair.setAttribute("d", `M${x.toFixed(1)} ${top * height}V${bottom * height}`);
      readout.textContent = [dates.format(at * 1000), ...found].join(" · ");
    };
    const clear = () => {
      hair.removeAttribute("d");
      readout.textContent = rest;
    };
    holder.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      const share = ((event.clientX - box.left) / box.width - left) / (right - left);
      show(from + (to - from) * Math.min(1, Math.max(0, share)));
    });
    holder.addEventListener("pointerleave", clear);
    holder.addEventListener("blur", clear);
    holder.addEventListener("keydown", (event) => {
      const next = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: all.length - 1 }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      current = Math.max(0, Math.min(all.length - 1, next));
      show(Math.max(from, all[current]));
    });
  }
}

for (const figure of document.querySelectorAll("[data-chart]")) wire(figure);

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-range]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const figure = link.closest("figure");
  figure.classList.add("busy");
  try {
    const answer = await fetch(link.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-chart]");
    if (!fresh) throw new Error("no chart");
    figure.replaceWith(fresh);
    wire(fresh);
    fresh.querySelector("[data-range][aria-current]")?.focus();
    history.replaceState(null, "", link.href);
  } catch {
    location.assign(link.href);
  }
});
