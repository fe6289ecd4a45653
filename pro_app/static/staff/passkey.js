/* Passkeys: make one, or have one sign. Without this script, or where the browser knows none,
   nothing of it is shown, and a code does as well. */

/** @param {string} text base64url */
function bytes(text) {
  const base64 = text.replace(/-/g, "+").replace(/_/g, "/");
  return Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
}

/** @param {ArrayBuffer} buffer */
function base64url(buffer) {
  const text = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** @param {{id: string}[]} [list] */
const named = (list = []) => list.map((each) => ({ ...each, id: bytes(each.id) }));

/** What the server said, as the browser wants it. @param {any} said */
function read(said) {
  const options = { ...said, challenge: bytes(said.challenge) };
  if (said.user) options.user = { ...said.user, id: bytes(said.user.id) };
  if (said.excludeCredentials) options.excludeCredentials = named(said.excludeCredentials);
  if (said.allowCredentials) options.allowCredentials = named(said.allowCredentials);
  return options;
}

/** What the browser gave, as the server reads it. @param {any} credential */
function written(credential) {
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature"];
  /** @type {Record<string, string>} */
  const response = {};
  for (const part of parts) {
    if (credential.response[part]) response[part] = base64url(credential.response[part]);
  }
  const id = base64url(credential.rawId);
  return JSON.stringify({ id, rawId: id, type: credential.type, response });
}

/** Send the form with what `ceremony` gives, or show that nothing came of it.
 * @param {HTMLFormElement} form
 * @param {() => Promise<Credential | null>} ceremony
 */
async function send(form, ceremony) {
  const fault = form.querySelector("[data-passkey-fault]");
  if (fault instanceof HTMLElement) fault.hidden = true;
  try {
    const answer = written(await ceremony());
    /** @type {HTMLInputElement} */ (form.elements.namedItem("passkey")).value = answer;
  } catch {
    // Stopped, too late, no such key here: the browser has said what it wanted to say of it.
    if (fault instanceof HTMLElement) fault.hidden = false;
    return;
  }
  form.submit();
}

/** @param {HTMLElement} part @param {HTMLFormElement} form */
function offer(part, form) {
  part.querySelector("button")?.addEventListener("click", () => {
    const code = form.elements.namedItem("code");
    if (code instanceof HTMLInputElement) code.required = false;
    if (form.reportValidity()) {
      send(form, async () => {
        const answer = await fetch(part.dataset.passkey ?? "");
        return navigator.credentials.get({ publicKey: read(await answer.json()) });
      });
    }
    if (code instanceof HTMLInputElement) code.required = true;
  });
}

/** @param {HTMLFormElement} form */
function make(form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const options = JSON.parse(form.dataset.passkeyMake ?? "");
    send(form, () => navigator.credentials.create({ publicKey: read(options) }));
  });
}

if (window.PublicKeyCredential && window.isSecureContext) {
  for (const part of document.querySelectorAll("[data-passkey]")) {
    const form = part.closest("form");
    if (part instanceof HTMLElement && form) offer(part, form);
  }
  for (const form of document.querySelectorAll("[data-passkey-make]")) {
    if (form instanceof HTMLFormElement) make(form);
  }
  for (const part of document.querySelectorAll("[data-with-passkeys]")) part.removeAttribute("hidden");
  for (const part of document.querySelectorAll("[data-without-passkeys]")) part.setAttribute("hidden", "");
}
