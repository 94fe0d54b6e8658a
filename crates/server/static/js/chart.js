// A hair and a read-out line above the plot, by pointer and by arrow keys; the range picker without a new page.
//
// data-chart of the figure is JSON: { "points": [[milliseconds, "12 Mar 2026 · 75% · ▲ 2.8 ..."], ...],
// "broad": [left, right, top, bottom], "narrow": [...], "from": milliseconds, "to": milliseconds }, the plot's edges in
// the drawing's own units.
const svgns = "http://www.w3.org/2000/svg";

function wire(figure) {
  let data;
  try {
    data = JSON.parse(figure.dataset.chart);
  } catch {
    return;
  }
  if (!data?.points?.length) return;
  const line = figure.querySelector("[data-readout]");
  line.hidden = false;
  line.setAttribute("aria-live", "polite");
  const rest = "Point at the chart, or use the arrow keys, to read it.";
  line.textContent = rest;
  let current = data.points.length - 1;

  for (const size of ["broad", "narrow"]) {
    const holder = figure.querySelector(`[data-${size}]`);
    const svg = holder?.querySelector("svg");
    const plot = data[size];
    if (!svg || !plot) continue;
    const [left, right, top, bottom] = plot;
    const hair = document.createElementNS(svgns, "path");
    hair.setAttribute("class", "hair");
    svg.append(hair);
    holder.tabIndex = 0;
    holder.setAttribute("role", "group");
    holder.setAttribute("aria-label", "Chart, arrow keys read its points");

    const show = (index) => {
      current = Math.max(0, Math.min(data.points.length - 1, index));
      const [at, text] = data.points[current];
      const x = left + ((right - left) * (at - data.from)) / (data.to - data.from || 1);
      hair.setAttribute("d", `M${x.toFixed(1)} ${top}V${bottom}`);
      line.textContent = text;
    };
    const clear = () => {
      hair.removeAttribute("d");
      line.textContent = rest;
    };
    holder.addEventListener("pointermove", (event) => {
      const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      const at = data.from + ((data.to - data.from) * (point.x - left)) / (right - left);
      const next = data.points.findIndex(([t]) => t > at);
      show(next === -1 ? data.points.length - 1 : next - 1);
    });
    holder.addEventListener("pointerleave", clear);
    holder.addEventListener("blur", clear);
    holder.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      show(Number.isFinite(step) ? current + step : step < 0 ? 0 : data.points.length - 1);
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
