// A forecast is typed or slid: each number has a slider that follows it, and that it follows.
for (const form of document.querySelectorAll("[data-forecast]")) {
  const total = form.querySelector("[data-total]");
  const fields = [];
  for (const slider of form.querySelectorAll("[data-slider]")) {
    const field = form.querySelector(`#${CSS.escape(slider.dataset.slider)}`);
    fields.push(field);
    slider.hidden = false;
    slider.addEventListener("input", () => {
      field.value = slider.value;
      sum();
    });
    field.addEventListener("input", () => {
      const typed = Number(field.value);
      if (field.value !== "" && Number.isFinite(typed)) slider.value = typed;
      sum();
    });
  }
  function sum() {
    if (!total) return;
    const all = fields.reduce((so_far, field) => so_far + (Number(field.value) || 0), 0);
    total.textContent = `Together ${Math.round(all * 10) / 10}\u00a0%.`;
  }
  sum();
}
