/* The pages of the shell that show no form: what this phone holds, a receipt, or neither. */

import "./keep.js";
import { expired } from "./form.js";
import * as screens from "./screens.js";
import { sendWaiting } from "./start.js";
import { PATH, around, state, today, waitingFor } from "./state.js";

/** @type {any} */
const { pro } = self;

/** Without a form to show: what this phone holds. */
export async function drawElsewhere() {
  const [, visit, , , id] = PATH.exec(location.pathname) || [];
  const vault = await pro.unlocked();
  const phone = vault && (await pro.get(vault, "phone", "now"));
  state.phone = phone;
  state.language = state.chosen || (phone && phone.language) || state.language;
  screens.frame(state.language, around(""));
  if (visit) return void screens.plain(state.language, "not-here");
  const receipt = id && vault && (await pro.get(vault, "receipt", id));
  if (receipt) {
    return void screens.plain(state.language, "receipt", {
      number: receipt.receipt,
      received: new Date(receipt.received_at).toLocaleString(document.documentElement.lang),
    });
  }
  const entries = [];
  for (const each of phone ? phone.forms : []) {
    const begun = await begunHere(vault, each.visit);
    if (await waitingFor(vault, each.visit)) continue;
    if (!begun && each.closes_on && each.closes_on < today()) continue;
    entries.push({
      name: each.name[state.language],
      state: begun ? "begun" : "open",
      href: `/my/form/${each.visit}`,
    });
  }
  screens.home(state.language, entries, (await pro.waiting()).length);
  await sendWaiting();
}

/** Whether a form is begun here and young enough to go on with. @param {any} vault @param {string} visit */
async function begunHere(vault, visit) {
  const draft = await pro.get(vault, "draft", visit);
  const wording = await pro.get(vault, "wording", state.language);
  return Boolean(draft && !(wording && expired(draft, wording.draft_hours, new Date())));
}
