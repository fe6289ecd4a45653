/* On every page of a signed-in patient: get ready for no network, send what waits, and
   leave nothing behind on signing out. Without this script every page works as it stands. */

import "./keep.js";
import { fill } from "./fill.js";

/** @type {any} */
const { pro } = self;

/** When to try again while a page is open; no event tells after a reload that the network is back. */
const AGAIN_MS = [1500, 4000, 10000, 30000];
let tries = 0;
let again = 0;

/** @typedef {{outcome: string, phone?: any, vault?: any}} Ready */

/**
 * Ask the server what this phone may fill in, and keep all that is needed to do so offline.
 * @param {string[]} [languages] that will do for now
 * @returns {Promise<Ready>} `vault` is null where this browser keeps nothing
 */
export async function makeReady(languages) {
  const found = await pro.hello();
  if (!found.phone) return { outcome: found.outcome, vault: await pro.unlocked() };
  if (found.phone.tablet) import("./tablet.js").then((tablet) => tablet.lockWhenIdle(found.phone.csrf));
  if (found.vault) await keepForms(found.phone, found.vault, languages);
  return found;
}

/** @param {any} phone @param {any} vault @param {string[]} [languages] */
async function keepForms(phone, vault, languages) {
  await pro.put(vault, "phone", "now", { ...phone, key: null });
  for (const language of languages || phone.languages) {
    const known = await pro.get(vault, "wording", language);
    const same = known && known.sha256 === phone.wordings[language];
    const wording = same ? known : await fetchWording(language, known);
    if (wording && wording !== known) await pro.put(vault, "wording", language, wording);
    if (wording) await pro.tidy(wording.draft_hours);
  }
}

/** The wording in a language, the one already here if it is the same; null when none is to be had. @param {string} language @param {any} [known] */
export async function fetchWording(language, known) {
  const headers = known ? { "If-None-Match": `"${known.sha256}"` } : {};
  try {
    const answer = await pro.ask(`/api/wording/${language}`, { headers });
    if (answer.status === 304) return known;
    return answer.ok ? await answer.json() : known || null;
  } catch {
    return known || null;
  }
}

/** @type {Promise<any> | null} */
let underway = null;

/** Send what waits on this phone, once at a time, then show how many are left. @returns {Promise<any>} */
export function sendWaiting() {
  underway =
    underway ||
    sendOnce().finally(() => {
      underway = null;
    });
  return underway;
}

async function sendOnce() {
  const { outcome, receipts } = await pro.send();
  await showWaiting(outcome);
  clearTimeout(again);
  tries = outcome === "offline" || outcome === "busy" ? tries + 1 : 0;
  if (tries) again = setTimeout(sendWaiting, AGAIN_MS[Math.min(tries, AGAIN_MS.length) - 1]);
  dispatchEvent(new CustomEvent("tried", { detail: receipts }));
  return { outcome, receipts };
}

/** @param {string} [outcome] of the last try */
async function showWaiting(outcome) {
  const rows = await pro.waiting();
  const vault = await pro.unlocked();
  const refused = rows.filter((/** @type {any} */ row) => row.refused);
  for (const place of document.querySelectorAll("[data-waiting]")) {
    if (!(place instanceof HTMLElement)) continue;
    place.hidden = rows.length === 0;
    fill(place, { count: String(rows.length) });
    const state =
      refused.length > 0
        ? "refused"
        : outcome === "signed_out" || !vault
          ? "signed_out"
          : "waiting";
    for (const each of place.querySelectorAll("[data-state]")) {
      if (each instanceof HTMLElement) each.hidden = each.dataset.state !== state;
    }
  }
}

/** Register the service worker, from a page that is not itself in a hurry; where it is switched off, remove what was there before. */
export async function registerWorker() {
  const script = document.body.dataset.worker;
  if (!("serviceWorker" in navigator)) return;
  try {
    if (script) {
      await navigator.serviceWorker.register(script, { scope: "/my/" });
      return;
    }
    const old = await navigator.serviceWorker.getRegistration("/my/");
    if (old) await old.unregister();
  } catch {
    // Not here, as inside some apps: everything works without it.
  }
}

/** Ask the browser to send even when no page is open, where it can. */
export async function sendLater() {
  try {
    const registration = await navigator.serviceWorker.ready;
    // @ts-ignore Background Sync is in no standard yet
    await registration.sync.register("send");
  } catch {
    // Then it is sent when a page is next opened.
  }
}

function onSignOut() {
  for (const form of document.querySelectorAll("form[data-sign-out]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        await pro.lock();
      } finally {
        if (form instanceof HTMLFormElement) form.submit();
      }
    });
  }
}

async function retry() {
  await sendWaiting();
  if (document.querySelector("main[data-waiting-for]")) return showTried(); // it goes on by itself
  const left = await pro.waiting();
  if (left.length) showTried();
  else location.reload(); // nothing to send: it is the page that was asked for again
}

/** Say that it was tried, and when: a press must never seem to do nothing. */
function showTried() {
  const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
  const tried = new Date().toLocaleTimeString(document.documentElement.lang, /** @type {any} */ (clock));
  for (const place of document.querySelectorAll("[data-tried]")) {
    if (place instanceof HTMLElement) place.hidden = false;
    fill(place, { tried });
  }
}

async function rescue() {
  const { showRescue } = await import("./rescue.js");
  await showRescue(document.body.dataset.drawn || document.body.dataset.language || "");
}

/** What belongs on every page that runs this script. */
export function onEveryPage() {
  onSignOut();
  // A page that was still getting ready while the patient signed out may have kept something since.
  if (pro.ownerNow() === "nobody") pro.lock();
  // A page that comes back out of the browser's memory may be another patient's by now.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  addEventListener("online", sendWaiting);
  addEventListener("click", (event) => {
    const pressed = event.target instanceof Element && event.target.closest("[data-action]");
    const action = pressed instanceof HTMLElement ? pressed.dataset.action : "";
    if (action === "retry") retry();
    if (action === "rescue") rescue();
  });
  const whose = pro.ownerNow();
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    // In another tab the patient signed out, or somebody else in, whose this page is not.
    if (pro.ownerNow() !== whose) location.reload();
    else sendWaiting();
  });
  if (navigator.serviceWorker) navigator.serviceWorker.addEventListener("message", sentMeanwhile);
}

/** The worker has sent what waited: this page finds nothing left to send, and is told what went. @param {MessageEvent} event */
async function sentMeanwhile(event) {
  await sendWaiting();
  if (event.data.length) dispatchEvent(new CustomEvent("tried", { detail: event.data }));
}
