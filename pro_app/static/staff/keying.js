// A number fills a line and goes on to the next; Enter and the arrows go without one.
// Without this script the lines are plain fields.
"use strict";
/** @type {Record<string, number>} */
const STEPS = { ArrowDown: 1, ArrowUp: -1, Enter: 1 };

/** @param {HTMLElement} sheet */
function keyInto(sheet) {
  const lines = [...sheet.querySelectorAll("[data-key]")];
  const offered = new RegExp(`^[${sheet.dataset.lowest}-${sheet.dataset.highest}]$`);
  /** @param {Element} from @param {number} step @returns {boolean} whether there is such a line */
  const go = (from, step) => {
    const next = lines[lines.indexOf(from) + step];
    if (!(next instanceof HTMLElement)) return false;
    next.focus();
    if (next instanceof HTMLInputElement) next.select();
    return true;
  };
  sheet.addEventListener("input", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || target.type === "checkbox") return;
    // A number pad of a Chinese keyboard may send the full-width digits.
    target.value = target.value.normalize("NFKC");
    if (target.value !== "" && !offered.test(target.value)) target.value = "";
    if (target.value === "" || go(target, 1)) return;
    const button = sheet.closest("form")?.querySelector("button");
    if (button) button.focus();
  });
  sheet.addEventListener("keydown", (event) => {
    const { key, target, isComposing } = event;
    if (!STEPS[key] || !(target instanceof Element) || !lines.includes(target) || isComposing) return;
    event.preventDefault();
    go(target, STEPS[key]);
  });
}

for (const sheet of document.querySelectorAll("[data-keying]"))
  if (sheet instanceof HTMLElement) keyInto(sheet);
