/* What a page knows of the form it shows: which one, in which language, and what was given. */

import "./keep.js";
import * as forms from "./form.js";
import { Keeper } from "./drafts.js";
import * as screens from "./screens.js";
import { fetchWording } from "./start.js";

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
  const entry = phone.forms.find((each) => each.visit === state.visit);
  const keeper = new Keeper(vault, state.visit, told);
  const [begun, ...kept] = await Promise.all([
    keeper.load(),
    ...phone.languages.map((language) => pro.get(vault, "wording", language)),
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
  const entry = phone.forms.find((each) => each.visit === state.visit);
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
