// Buttons that copy a hash, a command or an address; hidden where nothing can be copied.
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy], [data-copy-text]")) button.hidden = false;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-text]");
    if (!button) return;
    const { copy, copyText } = button.dataset;
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(copyText ?? document.querySelector(copy).textContent.trim());
      button.textContent = "copied";
    } catch {
      button.textContent = "could not copy";
    }
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}
