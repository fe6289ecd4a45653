// A number fills a line and goes on to the next; Enter and the arrows go without one.
// Without this script the lines are plain fields.
"use strict";
for (const sheet of document.querySelectorAll("[data-keying]")) {
  const lines = [...sheet.querySelectorAll("[data-key]")];
  const offered = new RegExp(`^[${sheet.dataset.lowest}-${sheet.dataset.highest}]$`);
  const go = (from, step) => {
    const next = lines[lines.indexOf(from) + step];
    if (next) {
      next.focus();
      if (next.select) next.select();
      return true;
    }
    return false;
  };
  sheet.addEventListener("input", ({ target }) => {
    if (target.type === "checkbox") return;
    // A number pad of a Chinese keyboard may send the full-width digits.
    target.value = target.value.normalize("NFKC");
    if (target.value !== "" && !offered.test(target.value)) target.value = "";
    if (target.value !== "" && !go(target, 1)) sheet.closest("form").querySelector("button").focus();
  });
  sheet.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, Enter: 1 }[event.key];
    if (!step || !lines.includes(event.target) || event.isComposing) return;
    event.preventDefault();
    go(event.target, step);
  });
}
