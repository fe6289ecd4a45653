/* The pages around a form. */

import { makeReady, onEveryPage, sendWaiting } from "./start.js";

async function boot() {
  onEveryPage();
  addEventListener("tried", (event) => {
    if (event instanceof CustomEvent && event.detail.length) location.reload();
  });
  await sendWaiting();
  if ("signedIn" in document.body.dataset) await makeReady();
}

boot();
