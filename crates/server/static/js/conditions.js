// The claim form shows the conditions that are used, and one more at a time.
for (const list of document.querySelectorAll("[data-conditions]")) {
  const button = list.parentElement.querySelector("[data-add-condition]");
  const spare = () => list.querySelectorAll("[data-condition][hidden]");
  for (const condition of list.querySelectorAll("[data-empty]")) condition.hidden = true;
  button.hidden = spare().length === 0;
  button.addEventListener("click", () => {
    const next = spare()[0];
    next.hidden = false;
    next.querySelector("select").focus();
    button.hidden = spare().length === 0;
  });
}
