/* What a page knows of the form it shows: which one, in which language, what was given; and
   handing it in. One file of two, for what a first visit has to fetch. */

import "./keep.js";
import * as forms from "./form.js";
import { Keeper } from "./drafts.js";
import * as screens from "./screens.js";
import { fetchWording, sendLater, sendWaiting } from "./start.js";

/** @type {any} */
const { pro } = self;
export const PATH = /^\/my\/(?:form\/([^/]+)(?:\/(\d+|review|send))?(\/blanks)?|received\/([^/]+))?/;

/** @typedef {(outcome: import("./drafts.js").Outcome) => void} Told what to do when the server had something to say */
/** @typedef {{visit: string, name: Record<string, string>, due: Record<string, string>, closes_on: string | null, draft?: any}} Entry */

export const state = {
  visit: "",
  language: "",
  /** @type {Entry | null} */
  entry: null,
  /** @type {Record<string, forms.Wording>} */
  wordings: {},
  /** @type {Keeper | null} */
  keeper: null,
  /** @type {any} */
  phone: null,
  busy: false,
  late: false,
  /** The form of this visit that was handed in here and is not received yet, by its number. */
  waits: "",
  /** A language chosen here where there is no form to keep it. */
  chosen: "",
};

export const inShell = "shell" in document.body.dataset;

/** @returns {forms.Wording} */
export const wording = () => state.wordings[state.language];
export const sheets = () => forms.pages(wording());
export const title = () => (state.entry ? state.entry.name[state.language] : "");
export const draft = () => (state.keeper ? state.keeper.draft : null);

export function address(place = "") {
  const back = new URLSearchParams(location.search).get("to") === "review" ? "?to=review" : "";
  return `/my/form/${state.visit}${place && `/${place}`}${/^\d/.test(place) ? back : ""}`;
}

/** What stands around every screen. @param {string} where @returns {Record<string, string>} */
export function around(where) {
  const site = state.phone && state.phone.site;
  if (!site) return { where };
  return { where, "site-name": site.name[state.language], "site-phone": site.phone };
}

/** Today by the server's clock, as far as this phone knows it. */
export function today() {
  const now = new Date(Date.now() + ((state.phone && state.phone.ahead) || 0));
  /** @param {number} n */
  const pad = (n) => String(n).padStart(2, "0");
  return `${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}`;
}

/** Have all that a form needs in a language; whether it could be had. @param {string} language @param {any} vault */
export async function learn(language, vault) {
  const { wordings } = state;
  const kept = wordings[language] || (vault && (await pro.get(vault, "wording", language)));
  const found = kept || (await fetchWording(language));
  if (!found) return false;
  wordings[language] = found;
  try {
    await screens.haveTemplates(language);
    return true;
  } catch {
    return false;
  }
}

/** What this phone has of the form; whether that is enough to show it. @param {any} vault @param {Told} told */
export async function fromPhone(vault, told) {
  if (!vault) return false;
  const phone = await pro.get(vault, "phone", "now");
  if (!phone) return false;
  const entry = phone.forms.find((/** @type {any} */ each) => each.visit === state.visit);
  const keeper = new Keeper(vault, state.visit, told);
  const [begun, ...kept] = await Promise.all([
    keeper.load(),
    ...phone.languages.map((/** @type {string} */ language) => pro.get(vault, "wording", language)),
  ]);
  kept.forEach((words) => words && (state.wordings[words.language] = words));
  state.phone = phone;
  state.entry = entry || null;
  // The shell knows no language of its own; the one in use is the server's last.
  state.language = state.wordings[phone.language] ? phone.language : state.language;
  if (begun) state.language = begun.language;
  const open = entry && (!entry.closes_on || begun || entry.closes_on >= today());
  if (!open || !wording()) return false;
  state.keeper = keeper;
  return true;
}

/** What the server has of the form, merged with what this page and this phone have. @param {any} ready @param {Told} told @returns {Promise<boolean>} */
export async function fromServer(ready, told) {
  const { phone, vault } = ready;
  const entry = phone.forms.find((/** @type {any} */ each) => each.visit === state.visit);
  if (!entry) return false;
  state.phone = phone;
  state.entry = entry;
  if (inShell && !state.keeper) state.language = phone.language;
  if (!(await learn(state.language, vault))) state.language = phone.language;
  if (!(await learn(state.language, vault))) return false;
  const keeper = state.keeper || new Keeper(vault, state.visit, told);
  keeper.met(phone);
  if (!state.keeper) await keeper.load();
  join(keeper, entry.draft && keeper.here(entry.draft), entry.expired);
  state.keeper = keeper;
  return true;
}

/** @param {Keeper} keeper @param {any} theirs @param {boolean} expired */
function join(keeper, theirs, expired) {
  if (expired && !theirs) state.late = true;
  if (!theirs) return;
  const empty = { ...forms.begin(state.visit, state.language, theirs.submission_id, new Date()) };
  const mine = keeper.draft || { ...empty, started_at: theirs.started_at };
  keeper.change(forms.merge(mine, theirs));
}

/** @param {Record<string, forms.Given | undefined>} given */
export function give(given) {
  const now = draft();
  if (now) state.keeper?.change(forms.answer(now, given, new Date()));
}

/** What a tap on an answer or on an opt-out box says. @param {HTMLInputElement} input */
export function chosen(input) {
  const [kind, code] = input.name.split(":");
  if (kind === "item") return give({ [code]: Number(input.value) });
  const box = wording().opt_outs.find((each) => each.code === code);
  if (!box) return;
  give(Object.fromEntries(box.items.map((each) => [each, input.checked ? forms.PREFER_NOT : undefined])));
  // What is ticked away shows no choice, and what is put back starts without one.
  for (const each of box.items) {
    document.querySelectorAll(`[name="item:${each}"]`).forEach((one) => {
      if (one instanceof HTMLInputElement) one.checked = false;
    });
  }
}

/** @param {string} assistance how it was filled in */
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
    // A new sign-in in another tab asks for another forgery token.
    const { phone } = await pro.hello();
    const same = phone && phone.owner && phone.owner === state.phone?.owner;
    const at = new Date();
    const clock = { device_at: at.toISOString(), device_offset_minutes: -at.getTimezoneOffset() };
    const message = { ...form, ...clock };
    const csrf = same ? phone.csrf : keeper.csrf;
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
