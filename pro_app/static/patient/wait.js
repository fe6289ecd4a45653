/* How long until the next PIN is taken: the page says it, and this counts it down. */

/** @param {HTMLElement} line */
function countDown(line) {
  const { wait, one, many, over } = line.dataset;
  const end = Date.now() + Number(wait) * 1000;
  const timer = setInterval(show, 1000);
  function show() {
    const minutes = Math.ceil((end - Date.now()) / 60000);
    const said = minutes > 1 ? String(many).replace("#", String(minutes)) : minutes === 1 ? one : over;
    // Said once for each change: a screen reader would repeat it every second.
    if (line.textContent !== said) line.textContent = String(said);
    if (minutes < 1) clearInterval(timer);
  }
}

for (const line of document.querySelectorAll("[data-wait]")) {
  if (line instanceof HTMLElement) countDown(line);
}
