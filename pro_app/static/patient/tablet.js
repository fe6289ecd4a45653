/* The hospital's tablet: fetched by tablets alone, which always have a network. */

import "./keep.js";

/** @type {any} */
const { pro } = self;

/** A tablet that nobody touches for so long is locked. */
const IDLE_MS = 5 * 60 * 1000;

/**
 * The hospital's tablet is handed from patient to patient: untouched for a while, it signs
 * out. The server does so too, but knows only of requests, not of what stands on the screen.
 * @param {string} csrf
 */
export function lockWhenIdle(csrf) {
  let timer = 0;
  const leave = async () => {
    const body = new URLSearchParams({ csrf_token: csrf });
    await pro.ask("/my/sign-out", { method: "POST", body, redirect: "manual" }).catch(() => null);
    location.replace("/signed-out");
  };
  const wake = () => {
    clearTimeout(timer);
    timer = setTimeout(leave, IDLE_MS);
  };
  for (const touch of ["click", "keydown", "scroll"]) addEventListener(touch, wake, { passive: true });
  wake();
}
