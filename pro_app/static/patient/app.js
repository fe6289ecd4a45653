/* A form without a network. On a page of the server's this script goes on from what stands
   there; in the shell it draws everything from what the phone has kept. Until it is ready,
   and wherever it can't be, the page works as the server sent it. */

import "./keep.js";
import * as forms from "./form.js";
import { Keeper } from "./drafts.js";
import { showHelp } from "./look.js";
import * as screens from "./screens.js";
import { fetchWording, makeReady, onEveryPage, sendLater, sendWaiting } from "./start.js";

/** @type {any} */
const { pro } = self;
const PATH = /^\/my\/(?:form\/([^/]+)(?:\/(\d+|review|send))?(\/blanks)?|received\/([^/]+))?/;
const OFFLINE_OUTCOMES = ["offline", "busy"];

/** @typedef {{visit: string, name: Record<string, string>, due: Record<string, string>, closes_on: string | null, draft?: any}} Entry */

const state = {
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
};

/** A language chosen here where there is no form to keep it. */
let chosenLanguage = "";
const inShell = "shell" in document.body.dataset;

/** @returns {forms.Wording} */
const wording = () => state.wordings[state.language];
const sheets = () => forms.pages(wording());
const title = () => (state.entry ? state.entry.name[state.language] : "");
const draft = () => (state.keeper ? state.keeper.draft : null);

function address(place = "") {
  const back = new URLSearchParams(location.search).get("to") === "review" ? "?to=review" : "";
  return `/my/form/${state.visit}${place && `/${place}`}${/^\d/.test(place) ? back : ""}`;
}

/** @param {string} place @param {string} [query] */
function go(place, query = "") {
  history.pushState(null, "", address(place) + query);
  draw();
}

/** What stands around every screen. @param {string} where @returns {Record<string, string>} */
function around(where) {
  const site = state.phone && state.phone.site;
  if (!site) return { where };
  return { where, "site-name": site.name[state.language], "site-phone": site.phone };
}

/** Show what the address says. */
function draw() {
  const [, , place, asking] = PATH.exec(location.pathname) || [];
  const now = draft();
  screens.frame(state.language, around(title()));
  if (state.phone) showHelp(state.phone.help);
  if (!now || forget(now)) return void drawIntro();
  const all = sheets();
  const open = forms.place(all, now.answers);
  if (!place) return void replace(open === null ? "review" : String(open));
  if (place === "review" || place === "send") {
    if (open !== null) return void replace(String(open));
    if (place === "send") return void screens.plain(state.language, "who", { notice: wording().texts.NOTICE });
    return void screens.review(wording(), now, all, title(), (n) => `/my/form/${state.visit}/${n}?to=review`);
  }
  const page = all[Math.min(Number(place), open || all.length) - 1] || all[0];
  if (asking && forms.blanks(page, now.answers).length) {
    return void screens.asking(wording(), now, page, title());
  }
  screens.item(wording(), now, all, page, title());
  state.keeper?.change(forms.see(now, page.lines.map((line) => line.code), new Date()));
}

/** @param {string} place */
function replace(place) {
  history.replaceState(null, "", address(place));
  draw();
}

/** Whether the draft was too old to go on with; it is gone now, and the intro says so. @param {forms.Draft} now */
function forget(now) {
  if (!forms.expired(now, wording().draft_hours, new Date())) return false;
  state.late = true;
  state.keeper?.drop();
  return true;
}

function drawIntro() {
  const due = state.entry && state.entry.closes_on ? state.entry.due[state.language] : "";
  screens.intro(wording(), title(), { until: due }, state.late);
}

function currentPage() {
  const [, , place] = PATH.exec(location.pathname) || [];
  return sheets()[Number(place) - 1] || null;
}

function next() {
  const now = /** @type {forms.Draft} */ (draft());
  const page = currentPage();
  if (!page) return go("send");
  if (forms.blanks(page, now.answers).length) return go(`${page.number}/blanks`);
  after(page);
}

/** @param {forms.Page} page */
function after(page) {
  const toReview = new URLSearchParams(location.search).get("to") === "review";
  go(toReview || page.number === sheets().length ? "review" : String(page.number + 1));
}

function back() {
  const [, , place, asking] = PATH.exec(location.pathname) || [];
  if (asking) return go(place);
  if (place === "send") return go("review");
  if (place === "review") return go(String(sheets().length));
  if (new URLSearchParams(location.search).get("to") === "review") return go("review");
  if (Number(place) > 1) return go(String(Number(place) - 1));
  home();
}

async function begin() {
  if (!state.keeper || state.busy) return;
  state.late = false;
  await state.keeper.change(forms.begin(state.visit, state.language, newId(), new Date()));
  state.keeper.sync();
  go("1");
}

function skip() {
  const page = currentPage();
  const now = draft();
  if (!page || !now) return;
  const left = forms.blanks(page, now.answers).map((line) => [line.code, forms.SKIPPED]);
  give(Object.fromEntries(left));
  after(page);
}

/** @param {Record<string, forms.Given | undefined>} given */
function give(given) {
  const now = draft();
  if (now) state.keeper?.change(forms.answer(now, given, new Date()));
}

/** @param {HTMLInputElement} input */
function chosen(input) {
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

/** @param {string} language */
async function speak(language) {
  chosenLanguage = language;
  if (!state.keeper) return void drawElsewhere();
  if (!(await learn(language, state.keeper.vault))) return;
  state.language = language;
  const now = draft();
  if (now) state.keeper?.change({ ...now, language });
  draw();
  const body = new URLSearchParams({ language, csrf_token: state.keeper?.csrf || "" });
  pro.ask("/language", { method: "POST", body, redirect: "manual" }).catch(() => undefined);
}

/** Have all that a form needs in a language; whether it could be had. @param {string} language @param {any} vault */
async function learn(language, vault) {
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

/** @param {string} assistance */
async function submit(assistance) {
  const now = draft();
  const { keeper } = state;
  if (!now || !keeper || state.busy) return;
  if (forms.expired(now, wording().draft_hours, new Date())) return draw();
  state.busy = true;
  try {
    const form = forms.body(now, wording(), assistance, new Date());
    const kept = Boolean(keeper.vault) && (await handIn(keeper, now, form));
    const received = kept ? await sent(keeper, now) : await sendAtOnce(keeper, now, form);
    if (received) location.replace(`/my/received/${now.submission_id}`);
    else drawSaved(now.submission_id, kept);
  } finally {
    state.busy = false;
  }
}

/** Whether the form waits on this phone now; not where there is no room left for it. @param {Keeper} keeper @param {forms.Draft} now @param {any} form */
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

/** Whether what waits here is sent. @param {Keeper} keeper @param {forms.Draft} now */
async function sent(keeper, now) {
  sendLater();
  await sendWaiting();
  return Boolean(await pro.get(keeper.vault, "receipt", now.submission_id));
}

/** Where nothing can be kept, the page itself holds the form until the hospital has it. @param {Keeper} keeper @param {forms.Draft} now @param {any} form */
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

/** @param {string} id @param {boolean} kept on this phone */
async function drawSaved(id, kept) {
  screens.plain(state.language, kept ? "saved" : "unsent", { visit: title() });
  const main = /** @type {HTMLElement} */ (document.querySelector("main"));
  main.dataset.waitingFor = id;
  await sendWaiting();
}

/** To the receipt of the form that this page waits for, if it is there: the worker may have sent it. */
async function onTried() {
  const main = document.querySelector("main");
  const id = main instanceof HTMLElement && main.dataset.waitingFor;
  const vault = state.keeper && state.keeper.vault;
  if (id && vault && (await pro.get(vault, "receipt", id))) location.replace(`/my/received/${id}`);
}

function home() {
  location.assign("/my/home");
}

/** A random UUID; old phones have no function for it. */
function newId() {
  const raw = crypto.getRandomValues(new Uint8Array(16));
  raw[6] = (raw[6] & 15) | 64;
  raw[8] = (raw[8] & 63) | 128;
  const hex = Array.from(raw, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** @type {Record<string, (value: string) => void>} */
const ACTIONS = {
  next,
  back,
  begin,
  skip,
  home,
  submit,
  answer: () => back(),
  again: () => go("send"),
  seen() {
    const now = draft();
    if (now) state.keeper?.change({ ...now, elsewhere: [] });
    document.querySelector("[data-screen=told]")?.remove();
  },
};

function listen() {
  document.addEventListener("click", (event) => {
    const pressed = event.target instanceof Element ? event.target.closest("[data-action], .answers a") : null;
    if (!(pressed instanceof HTMLElement) || !(state.keeper || inShell)) return;
    const action = pressed.dataset.action || "";
    if (pressed instanceof HTMLAnchorElement && pressed.closest(".answers")) {
      event.preventDefault();
      history.pushState(null, "", pressed.href);
      draw();
    } else if (action.startsWith("language:")) {
      event.preventDefault();
      speak(action.slice("language:".length));
    } else if (action in ACTIONS) {
      event.preventDefault();
      ACTIONS[action](pressed instanceof HTMLButtonElement ? pressed.value : "");
    }
  });
  document.addEventListener("submit", (event) => {
    // Enter on the keyboard means Next.
    if (!(event.target instanceof HTMLElement) || event.target.id !== "answers" || !draft()) return;
    event.preventDefault();
    next();
  });
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (input instanceof HTMLInputElement && /^(item|box):/.test(input.name)) chosen(input);
  });
  addEventListener("popstate", draw);
  addEventListener("tried", onTried);
  addEventListener("online", () => state.keeper?.sync());
  document.addEventListener("visibilitychange", onShown);
}

async function onShown() {
  const { keeper } = state;
  if (document.visibilityState === "hidden") return void keeper?.sync();
  if (keeper && (await keeper.look())) draw();
}

/** @param {import("./drafts.js").Outcome} outcome of telling the server */
function told(outcome) {
  if (outcome === "received") return void received();
  if (outcome === "expired") {
    state.late = true;
    state.keeper?.drop().then(() => go(""));
  } else if (outcome === "kept") draw();
}

async function received() {
  const id = draft()?.submission_id;
  await state.keeper?.drop();
  location.replace(id ? `/my/received/${id}` : "/my/home");
}

/** What this phone has of the form; whether that is enough to show it. @param {any} vault */
async function fromPhone(vault) {
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

/** Today by the server's clock, as far as this phone knows it. */
function today() {
  const now = new Date(Date.now() + ((state.phone && state.phone.ahead) || 0));
  const pad = (n) => String(n).padStart(2, "0");
  return `${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}`;
}

/** What the server has of the form, merged with what this page and this phone have. @param {any} ready @returns {Promise<boolean>} */
async function fromServer(ready) {
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

/** Go on from a page that the server sent: what was tapped on it before now counts. */
function takeOver() {
  screens.framed(state.language);
  for (const input of document.querySelectorAll("#answers .option-input:checked")) {
    if (!(input instanceof HTMLInputElement)) continue;
    const [kind, code] = input.name.split(":");
    const now = draft();
    if (kind === "item" && now && now.answers[code] !== Number(input.value)) chosen(input);
    if (kind === "box" && now) chosen(input);
  }
}

/** Without a form to show: what this phone holds. */
async function drawElsewhere() {
  const [, visit, , , id] = PATH.exec(location.pathname) || [];
  const vault = await pro.unlocked();
  const phone = vault && (await pro.get(vault, "phone", "now"));
  state.phone = phone;
  state.language = chosenLanguage || (phone && phone.language) || state.language;
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
    const begun = await pro.get(vault, "draft", each.visit);
    const handedIn = (await pro.waiting(vault.owner)).length > 0 && (await isWaiting(vault, each.visit));
    if (handedIn || (!begun && each.closes_on && each.closes_on < today())) continue;
    entries.push({
      name: each.name[state.language],
      state: begun ? "begun" : "open",
      href: `/my/form/${each.visit}`,
    });
  }
  screens.home(state.language, entries, (await pro.waiting()).length);
  await sendWaiting();
}

/** @param {any} vault @param {string} visit */
async function isWaiting(vault, visit) {
  for (const row of await pro.waiting(vault.owner)) {
    const form = await pro.get(vault, "sent", row.id);
    if (form && form.visit === visit) return true;
  }
  return false;
}

async function boot() {
  const [, visit] = PATH.exec(location.pathname) || [];
  state.visit = visit ? decodeURIComponent(visit) : "";
  state.language = document.body.dataset.language || "";
  onEveryPage();
  listen();
  if (!state.visit) return void drawElsewhere();
  const vault = inShell ? await pro.unlocked() : null;
  const shown = inShell && (await fromPhone(vault));
  if (shown) {
    draw();
    document.body.dataset.ready = "";
  }
  // A page of the server's can do without the other languages until one is asked for.
  const ready = await makeReady(inShell ? undefined : [state.language]);
  if (!ready.phone) {
    if (!shown && inShell) await lost(ready.outcome);
    return;
  }
  await sendWaiting();
  if (!(await fromServer(ready))) return void closed(ready);
  if (inShell) draw();
  else takeOver();
  document.body.dataset.ready = "";
  state.keeper?.sync();
}

/** Nothing to show, and the server says nothing either. @param {string} outcome */
async function lost(outcome) {
  if (OFFLINE_OUTCOMES.includes(outcome)) await drawElsewhere();
  else location.replace("/signed-out");
}

/** The server does not offer this form any more; its own page says why. @param {any} ready */
async function closed(ready) {
  const now = draft();
  if (now && ready.phone.received.includes(now.submission_id)) return void received();
  if (inShell && !now) location.replace(`/my/form/${state.visit}?plain`);
}

boot().catch((error) => {
  console.warn(error);
  // Where the script can draw nothing, the server's own page does it all.
  const blank = inShell && !document.querySelector("main h1");
  if (blank && location.search !== "?plain") location.replace(`${location.pathname}?plain`);
});
