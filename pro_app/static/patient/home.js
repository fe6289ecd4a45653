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
  const { phone } = await makeReady();
  if (phone && !shows(phone.received)) location.reload();
}

/** Whether a page that lists what was received lists all of it: a form may have gone out while it was on its way. @param {string[]} received */
function shows(received) {
  const listed = document.querySelector("[data-received]");
  if (!(listed instanceof HTMLElement)) return true;
  const ids = (listed.dataset.received || "").split(" ");
  return received.every((id) => ids.includes(id));
}

boot();
