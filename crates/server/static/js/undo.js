// Counts down the minute in which a change can be undone, then takes the offer away.
for (const form of document.querySelectorAll("[data-undo]")) {
  const shown = form.querySelector("[data-seconds]");
  const end = performance.now() + 1000 * Number(form.dataset.undo);
  const timer = setInterval(tick, 1000);
  function tick() {
    const seconds = Math.ceil((end - performance.now()) / 1000);
    if (seconds > 0) {
      shown.textContent = `${seconds}\u00a0s`;
    } else {
      clearInterval(timer);
      form.remove();
    }
  }
  tick();
}
