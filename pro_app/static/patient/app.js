/* A form without a network. On a page of the server's this script goes on from what stands
   there; in the shell it draws everything from what the phone has kept. Until it is ready,
   and wherever it can't be, the page works as the server sent it. */

import "./keep.js";
import * as forms from "./form.js";
import { showHelp } from "./look.js";
import * as screens from "./screens.js";
import { makeReady, onEveryPage, sendWaiting } from "./start.js";
import {
  PATH,
  address,
  around,
  chosen,
  draft,
  drawSaved,
  fromPhone,
  fromServer,
  give,
  inShell,
  learn,
  onTried,
  sheets,
  state,
  submit,
  title,
  waitingFor,
  wording,
} from "./state.js";

/** @type {any} */
const { pro } = self;

/** @param {string} place @param {string} [query] */
function go(place, query = "") {
  history.pushState(null, "", address(place) + query);
  draw();
}

/** Show what the address says. */
function draw() {
  const [, , place, asking] = PATH.exec(location.pathname) || [];
  const now = draft();
  screens.frame(state.language, around(title()));
  if (state.phone) showHelp(state.phone.help);
  if (state.waits) return void drawSaved(state.waits);
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
  ACTIONS.home("");
}

async function begin() {
  if (!state.keeper || state.busy) return;
  state.late = false;
  await state.keeper.change(forms.begin(state.visit, state.language, forms.newId(), new Date()));
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

/** @param {string} language */
async function speak(language) {
  state.chosen = language;
  if (!state.keeper && !state.waits) return drawElsewhere();
  if (!(await learn(language, await pro.unlocked()))) return;
  state.language = language;
  const now = draft();
  if (now) state.keeper?.change({ ...now, language });
  draw();
  const body = new URLSearchParams({ language, csrf_token: state.keeper?.csrf || "" });
  pro.ask("/language", { method: "POST", body, redirect: "manual" }).catch(() => undefined);
}

/** @type {Record<string, (value: string) => void>} */
const ACTIONS = {
  next,
  back,
  begin,
  skip,
  home: () => location.assign("/my/home"),
  submit(value) {
    const now = draft();
    if (now && forget(now)) drawIntro();
    else submit(value);
  },
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
  // Without anything begun here it may be any page of the patient's that one goes back to.
  addEventListener("popstate", () => (draft() || state.waits ? draw() : location.reload()));
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
  const id = state.keeper?.receivedAs || draft()?.submission_id;
  await state.keeper?.drop();
  location.replace(id ? `/my/received/${id}` : "/my/home");
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

async function boot() {
  const [, visit] = PATH.exec(location.pathname) || [];
  state.visit = visit ? decodeURIComponent(visit) : "";
  state.language = document.body.dataset.language || "";
  onEveryPage();
  listen();
  if (!state.visit) return void (await drawElsewhere());
  // Where the store does not answer, the shell gives way to the server's page at once.
  const vault = inShell ? await pro.unlocked() : await pro.unlocked().catch(() => null);
  state.waits = await waitingFor(vault, state.visit);
  if (state.waits) return void (await showSaved(vault));
  const shown = inShell && (await fromPhone(vault, told));
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
  if (!(await fromServer(ready, told))) return void closed(ready);
  if (inShell) draw();
  else takeOver();
  document.body.dataset.ready = "";
  state.keeper?.sync();
}

async function drawElsewhere() {
  const elsewhere = await import("./elsewhere.js");
  await elsewhere.drawElsewhere();
}

/** Nothing to show, and the server says nothing either. @param {string} outcome */
async function lost(outcome) {
  if (["offline", "busy"].includes(outcome)) await drawElsewhere();
  else location.replace("/signed-out");
}

/** The server does not offer this form any more; its own page says why. @param {any} ready */
async function closed(ready) {
  const now = draft();
  if (now && ready.phone.received.includes(now.submission_id)) return void received();
  if (now && state.keeper) {
    state.keeper.met(ready.phone);
    state.keeper.sync();
  } else if (inShell) location.replace(`/my/form/${state.visit}?plain`);
}

/** The form of this visit is handed in already: nothing else is to be begun here. @param {any} vault */
async function showSaved(vault) {
  await fromPhone(vault, told);
  await screens.haveTemplates(state.language);
  draw();
}

boot().catch((error) => {
  console.warn(error);
  // Where the script can draw nothing, the server's own page does it all.
  const blank = inShell && !document.querySelector("main h1");
  if (blank && location.search !== "?plain") location.replace(`${location.pathname}?plain`);
});
