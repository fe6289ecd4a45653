/* The head of every page: how the patient likes it (size of the type, elder view, reading aloud by
   the phone's own voice) and the call for help. A cookie is the only place that remembers how
   they like it, for the server too. All of this works by plain posts where no script runs. */

const YEAR_SECONDS = 365 * 24 * 3600;

/** @returns {{size: string, elder: boolean, aloud: boolean}} */
function read() {
  const [, size, elder, aloud] = /(?:^|; )look=([123])(e?)(a?)/.exec(document.cookie) || [];
  return { size: size || "1", elder: Boolean(elder), aloud: Boolean(aloud) };
}

/** @param {Partial<ReturnType<typeof read>>} change */
function choose(change) {
  const look = { ...read(), ...change };
  const text = look.size + (look.elder ? "e" : "") + (look.aloud ? "a" : "");
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `look=${text}; path=/; max-age=${YEAR_SECONDS}; samesite=lax${secure}`;
  applyLook();
}

/** Make the page as the patient likes it; to be called again when a screen was drawn. */
export function applyLook() {
  const look = read();
  const root = document.documentElement;
  root.classList.remove("size-1", "size-2", "size-3");
  root.classList.add(`size-${look.size}`);
  root.classList.toggle("elder", look.elder);
  press("[data-size]", (button) => button.dataset.size === look.size);
  press("[data-elder]", () => look.elder);
  press("[data-aloud-switch]", () => look.aloud);
  show("[data-aloud-switch]", Boolean(voice(root.lang)));
  show("[data-aloud]", look.aloud && Boolean(voice(languageOfForm())));
}

/** @param {string} selector @param {(button: HTMLElement) => boolean} isOn */
function press(selector, isOn) {
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(selector)))
    button.setAttribute("aria-pressed", String(isOn(button)));
}

/** @param {string} selector @param {boolean} visible */
function show(selector, visible) {
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(selector)))
    button.hidden = !visible;
}

function languageOfForm() {
  const form = document.getElementById("answers");
  return (form && form.lang) || document.documentElement.lang;
}

/** A voice that is on the phone itself: a text must not leave it to be spoken. @param {string} language */
function voice(language) {
  if (!("speechSynthesis" in window)) return undefined;
  const wanted = language.slice(0, 2);
  return speechSynthesis.getVoices().find((v) => v.localService && v.lang.slice(0, 2) === wanted);
}

/** Say what stands on the screen; while it speaks, be silent. */
function sayOrStop() {
  if (speechSynthesis.speaking) return speechSynthesis.cancel();
  const found = voice(languageOfForm());
  for (const part of document.querySelectorAll("#answers .spoken")) {
    const words = new SpeechSynthesisUtterance(part.textContent || "");
    words.lang = languageOfForm();
    if (found) words.voice = found;
    words.rate = 0.9;
    speechSynthesis.speak(words);
  }
}

/** Tell how far the call for help is. @param {{state: string, at?: string} | null} help */
export function showHelp(help) {
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-help]")))
    part.hidden = !help || part.dataset.help !== help.state;
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-action=help]")))
    button.hidden = Boolean(help && help.at);
  if (!help || !help.at) return;
  const at = new Date(help.at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  for (const part of document.querySelectorAll("[data-fill=help-at]")) part.textContent = at;
}

/** Ask to be called back, without leaving the page. */
async function askForHelp() {
  try {
    const phone = await fetch("/api/phone", { credentials: "same-origin" });
    const { csrf } = await phone.json();
    const headers = { Accept: "application/json", "X-CSRFToken": csrf };
    const answer = await fetch("/my/help", { method: "POST", headers, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    showHelp(await answer.json());
  } catch {
    showHelp({ state: "OFFLINE" });
  }
}

/** @param {Element | null} keep */
function closePanels(keep) {
  for (const panel of document.querySelectorAll(".switches details[open]"))
    if (panel !== keep) panel.removeAttribute("open");
}

document.addEventListener("click", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const pressed = /** @type {HTMLElement | null} */ (target.closest("button"));
  closePanels(target.closest("details"));
  if (!pressed) return;
  const { size, elder, aloud, aloudSwitch } = pressed.dataset;
  if (size) choose({ size });
  else if (elder !== undefined) choose({ elder: !read().elder });
  else if (aloudSwitch !== undefined) choose({ aloud: !read().aloud });
  else if (aloud !== undefined) sayOrStop();
  else if (pressed.dataset.action === "help") askForHelp();
  else return;
  // The button would send the page, which is for browsers without a script.
  event.preventDefault();
});
// Screens that a script draws are told of by it.
document.addEventListener("drawn", applyLook);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closePanels(null);
});
if ("speechSynthesis" in window) {
  // Before iOS 16 it is no target of events, and this line would stop every page's script.
  if (speechSynthesis.addEventListener) speechSynthesis.addEventListener("voiceschanged", applyLook);
  addEventListener("pagehide", () => speechSynthesis.cancel());
}
applyLook();
