/* Handing a form in: it waits on the phone first, and goes from there to the hospital. */

import "./keep.js";
import * as forms from "./form.js";
import * as screens from "./screens.js";
import { sendLater, sendWaiting } from "./start.js";
import { draft, state, title, wording } from "./state.js";

/** @type {any} */
const { pro } = self;

/** @param {string} assistance how she filled it in */
export async function submit(assistance) {
  const now = draft();
  const { keeper } = state;
  if (!now || !keeper || state.busy) return;
  state.busy = true;
  try {
    const form = forms.body(now, wording(), assistance, new Date());
    const kept = Boolean(keeper.vault) && (await handIn(keeper, now, form));
    const received = kept ? await sent(keeper, now) : await sendAtOnce(keeper, now, form);
    if (received) location.replace(`/my/received/${now.submission_id}`);
    else if (kept) drawSaved(now.submission_id);
    else screens.plain(state.language, "unsent", { visit: title() });
  } finally {
    state.busy = false;
  }
}

/** Whether the form waits on this phone now; not where there is no room left for it. @param {import("./drafts.js").Keeper} keeper @param {forms.Draft} now @param {any} form */
async function handIn(keeper, now, form) {
  const languages = Object.keys(state.wordings);
  const known = state.phone || { languages, ahead: 0 };
  const clock = { now: new Date(), ahead: known.ahead };
  const packed = forms.pack(form, wording(), known.languages, clock);
  try {
    await pro.handIn(keeper.vault, now.submission_id, form, packed);
  } catch {
    return false;
  }
  await keeper.drop();
  return true;
}

/** Whether what waits here is sent. @param {import("./drafts.js").Keeper} keeper @param {forms.Draft} now */
async function sent(keeper, now) {
  sendLater();
  await sendWaiting();
  return Boolean(await pro.get(keeper.vault, "receipt", now.submission_id));
}

/** Where nothing can be kept, the page itself holds the form until the hospital has it. @param {import("./drafts.js").Keeper} keeper @param {forms.Draft} now @param {any} form */
async function sendAtOnce(keeper, now, form) {
  try {
    // She may have signed in anew in another tab, which asks for another forgery token.
    const { phone } = await pro.hello();
    const hers = phone && phone.owner && phone.owner === state.phone?.owner;
    const at = new Date();
    const clock = { device_at: at.toISOString(), device_offset_minutes: -at.getTimezoneOffset() };
    const message = { ...form, ...clock };
    const csrf = hers ? phone.csrf : keeper.csrf;
    const answer = await pro.putJson(`/api/forms/${now.submission_id}`, message, csrf);
    if (answer.ok) await keeper.drop().catch(console.warn);
    return answer.ok;
  } catch {
    return false;
  }
}

/** It is kept on this phone and on its way. @param {string} id */
export async function drawSaved(id) {
  state.waits = id;
  screens.plain(state.language, "saved", { visit: title() });
  const main = /** @type {HTMLElement} */ (document.querySelector("main"));
  main.dataset.waitingFor = id;
  await sendWaiting();
}

/** To the receipt of the form that this page waits for, if it is there: the worker may have sent it. */
export async function onTried() {
  const vault = state.waits && (await pro.unlocked());
  if (vault && (await pro.get(vault, "receipt", state.waits))) location.replace(`/my/received/${state.waits}`);
}

/** The form of a visit that was handed in here and is not received yet: its number, else "". @param {any} vault @param {string} visit @returns {Promise<string>} */
export async function waitingFor(vault, visit) {
  for (const row of vault ? await pro.waiting(vault.owner) : []) {
    const form = await pro.get(vault, "sent", row.id);
    if (form && form.visit === visit) return row.id;
  }
  return "";
}
