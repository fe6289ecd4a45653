/* The pages around a form. */

import { makeReady, onEveryPage, registerWorker, sendWaiting } from "./start.js";

async function boot() {
  onEveryPage();
  addEventListener("tried", (event) => {
    if (event instanceof CustomEvent && event.detail.length) location.reload();
  });
  await sendWaiting();
  if (!("signedIn" in document.body.dataset)) return;
  registerWorker();
  await makeReady();
}

boot();
