/* Keys for who works through the list without a mouse. Without this script all works by Tab. */

const rows = () => /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".row.work")]);
const link = (/** @type {HTMLElement} */ row) => row.querySelector("a");

/** The row that holds the focus; -1 when none does. */
function here() {
  return rows().findIndex((row) => row.contains(document.activeElement));
}

/** @param {number} by */
function move(by) {
  const all = rows();
  const next = all[Math.min(Math.max(here() + by, 0), all.length - 1)];
  if (next) link(next)?.focus();
}

/** Open what a row can be answered with, and go into it. @param {string} key */
function open(key) {
  const row = rows()[here()];
  const details = row && row.querySelector(`details[data-key="${key}"]`);
  if (!(details instanceof HTMLDetailsElement)) return;
  details.open = true;
  const first = details.querySelector("select, button");
  if (first instanceof HTMLElement) first.focus();
}

/** @type {Record<string, () => void>} */
const KEYS = {
  "/": () => document.getElementById("number")?.focus(),
  j: () => move(1),
  k: () => move(-1),
  c: () => open("c"),
  m: () => open("m"),
  r: () => open("r"),
};

document.addEventListener("keydown", (event) => {
  const { target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && target instanceof Element) {
    const details = target.closest("details[open]");
    if (details instanceof HTMLDetailsElement) {
      details.open = false;
      details.querySelector("summary")?.focus();
    }
    return;
  }
  const typing = target instanceof Element && target.matches("input, select, textarea");
  const act = KEYS[event.key.toLowerCase()];
  if (typing || !act) return;
  event.preventDefault();
  act();
});

for (const hint of document.querySelectorAll(".keys")) {
  if (hint instanceof HTMLElement) hint.hidden = false;
}
