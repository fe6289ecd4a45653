/* The service worker of the patient's pages. It keeps a listed set of files, never an
   answer and never a page with anything of the patient on it; what to keep and under which
   name comes from the script that imports this one. */

"use strict";

/** @typedef {{version: string, shell: string, files: string[], api: string}} Kept */
/** @type {ServiceWorkerGlobalScope & {kept: Kept, pro: any}} */
const worker = /** @type {any} */ (self);
const { kept } = worker;
const CACHE = `pro-${kept.version}`;
const FORM = "/my/form/";
const PATIENCE_MS = 4000;

worker.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(kept.files))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((n) => n !== CACHE).map((n) => caches.delete(n))))
      .then(() => worker.clients.claim()),
  );
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (request.method !== "GET" || origin !== worker.location.origin) return;
  if (request.mode === "navigate") {
    // Asked for as plain, the server's own page comes: it says why a form can't be opened.
    const drawn = pathname.startsWith(FORM) && search !== "?plain";
    event.respondWith(drawn ? shell(request) : page(request));
  } else if (kept.files.includes(pathname)) {
    event.respondWith(fromCache(pathname, request));
  }
});

worker.addEventListener("sync", (/** @type {any} */ event) => {
  if (event.tag === "send") event.waitUntil(sendLater());
});

/** A form is drawn by the shell, with or without a network. @param {Request} request */
function shell(request) {
  return fromCache(kept.shell, request);
}

/** Any other page comes from the server; without one, the shell says what is on this phone. @param {Request} request */
async function page(request) {
  try {
    return await Promise.race([
      fetch(request),
      new Promise((_, give) => setTimeout(() => give(new Error("slow")), PATIENCE_MS)),
    ]);
  } catch {
    return fromCache(kept.shell, request);
  }
}

/** @param {string} path @param {Request} request */
async function fromCache(path, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) || fetch(request);
}

/** Throwing asks the browser to try again later. */
async function sendLater() {
  const { outcome, receipts } = await worker.pro.send();
  const open = await worker.clients.matchAll({ type: "window" });
  open.forEach((client) => client.postMessage(receipts));
  if (outcome === "offline" || outcome === "busy") throw new Error(outcome);
}
