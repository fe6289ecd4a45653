/* What the phone keeps, and how it gets to the hospital.

   A classic script without imports or exports: the service worker, which sends while no
   page is open, and the pages, which import it for its effect, run the very same code.
   Everything kept is encrypted by a key that no script can read out; on signing out the
   key leaves the phone, and what was handed in but not yet received stays unreadable
   until its owner signs in again and gets the key from the server anew. */

(function (/** @type {any} */ scope) {
  "use strict";

  /** @typedef {{owner: string, key: CryptoKey}} Vault */
  /** @typedef {{error: string, at: number}} Refusal */
  /**
   * One thing that is kept. Kind and times lie open, the value does not.
   * @typedef {{name: string, kind: string, id: string, owner: string, at: number,
   *   iv: Uint8Array, data: ArrayBuffer, code?: string, refused?: Refusal}} Row
   */
  /** @typedef {"sent" | "offline" | "signed_out" | "busy" | "other_owner"} Outcome */

  const SENT = "sent";
  const PATIENCE_MS = 20000;
  /** A form that was refused is offered again after so long. */
  const REFUSED_MS = 60 * 60 * 1000;
  const STORE_PATIENCE_MS = 4000;

  /** @returns {Promise<IDBDatabase>} */
  function database() {
    return new Promise((resolve, reject) => {
      const opening = scope.indexedDB.open("pro", 1);
      opening.onupgradeneeded = () => {
        opening.result.createObjectStore("keys", { keyPath: "owner" });
        opening.result.createObjectStore("kept", { keyPath: "name" });
      };
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
      // Safari 14 may leave it unanswered until the page is loaded anew.
      setTimeout(() => reject(new Error("the store does not answer")), STORE_PATIENCE_MS);
      opening.onblocked = () => reject(new Error("the store is in use by an older page"));
    });
  }

  /**
   * The result of one transaction, once it is durable.
   * @template T
   * @param {string} store
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest<T> | void} work
   * @returns {Promise<T>}
   */
  async function within(store, mode, work) {
    const open = await database();
    try {
      return await new Promise((resolve, reject) => {
        const transaction = open.transaction(store, mode);
        const request = work(transaction.objectStore(store));
        transaction.oncomplete = () => resolve(/** @type {any} */ (request && request.result));
        transaction.onabort = transaction.onerror = () => reject(transaction.error);
      });
    } finally {
      open.close();
    }
  }

  /** @param {string} text base64url without padding */
  function bytes(text) {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  }

  /** @param {Uint8Array} raw */
  function base64url(raw) {
    const text = btoa(String.fromCharCode(...raw));
    return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  /** @param {Vault} vault @param {string} text @param {string} [bound] @returns {Promise<{iv: Uint8Array, data: ArrayBuffer}>} */
  async function seal(vault, text, bound = "") {
    const iv = scope.crypto.getRandomValues(new Uint8Array(12));
    const encoder = new TextEncoder();
    const way = { name: "AES-GCM", iv, additionalData: encoder.encode(bound) };
    return { iv, data: await scope.crypto.subtle.encrypt(way, vault.key, encoder.encode(text)) };
  }

  /** @param {Vault} vault @param {Row} row @returns {Promise<any>} the value; null when it can't be read */
  async function read(vault, row) {
    const way = { name: "AES-GCM", iv: row.iv, additionalData: new TextEncoder().encode(row.name) };
    try {
      const plain = await scope.crypto.subtle.decrypt(way, vault.key, row.data);
      return JSON.parse(new TextDecoder().decode(plain));
    } catch {
      return null;
    }
  }

  /** Whether this browser can keep anything: not in some private modes, not without https. */
  function able() {
    return Boolean(scope.indexedDB && scope.crypto && scope.crypto.subtle);
  }

  /**
   * The vault of the patient who has signed in. Whatever lies here of anybody else goes,
   * but for what was handed in: that waits for its owner.
   * @param {string} owner @param {string} secret @returns {Promise<Vault>}
   */
  async function unlock(owner, secret) {
    const key = await scope.crypto.subtle.importKey("raw", bytes(secret), "AES-GCM", false, [
      "encrypt",
      "decrypt",
    ]);
    await sweep((row) => row.owner === owner || row.kind === SENT);
    await within("keys", "readwrite", (store) => {
      store.clear();
      store.put({ owner, key });
    });
    return { owner, key };
  }

  /** Whose the pages are, as the server said with the last one: an owner, nobody after signing out. */
  function ownerNow() {
    const cookies = scope.document ? document.cookie : "";
    return (/(?:^|; )phone=(\w+)/.exec(cookies) || [])[1];
  }

  /** The vault that is open on this phone; null when nobody is signed in on it. @returns {Promise<Vault | null>} */
  async function unlocked() {
    if (!able()) return null;
    const [vault] = await within("keys", "readonly", (store) => store.getAll());
    return vault && [undefined, vault.owner].includes(ownerNow()) ? vault : null;
  }

  /** Signing out: the key goes, and all that is not handed in. */
  async function lock() {
    if (!able()) return;
    await within("keys", "readwrite", (store) => store.clear());
    await sweep((row) => row.kind === SENT);
  }

  /** @param {(row: Row) => boolean} stays */
  async function sweep(stays) {
    const rows = await within("kept", "readonly", (store) => store.getAll());
    await within("kept", "readwrite", (store) => {
      for (const row of rows) if (!stays(row)) store.delete(row.name);
    });
  }

  /** Drafts that nobody has touched for so long are of another recall period. @param {number} hours */
  async function tidy(hours) {
    const since = Date.now() - hours * 3600 * 1000;
    await sweep((row) => row.kind !== "draft" || row.at >= since);
  }

  /** @param {string} kind @param {string} id */
  function nameOf(kind, id) {
    return `${kind}/${id}`;
  }

  /**
   * Keep a value under its kind and id, in place of an earlier one.
   * @param {Vault} vault @param {string} kind @param {string} id @param {any} value
   * @param {{code?: string, refused?: Refusal}} [beside] what may lie open beside it
   */
  async function put(vault, kind, id, value, beside = {}) {
    const name = nameOf(kind, id);
    const sealed = await seal(vault, JSON.stringify(value), name);
    const row = { name, kind, id, owner: vault.owner, at: Date.now(), ...sealed, ...beside };
    await within("kept", "readwrite", (store) => {
      store.put(row);
    });
  }

  /** @param {Vault} vault @param {string} kind @param {string} id @returns {Promise<any>} the value, null when this patient has none */
  async function get(vault, kind, id) {
    const row = await within("kept", "readonly", (store) => store.get(nameOf(kind, id)));
    return row && row.owner === vault.owner ? read(vault, row) : null;
  }

  /** @param {string} kind @param {string} id */
  async function remove(kind, id) {
    await within("kept", "readwrite", (store) => {
      store.delete(nameOf(kind, id));
    });
  }

  /** What was handed in here and is not yet received, the oldest first. @param {string} [owner] of one patient alone @returns {Promise<Row[]>} */
  async function waiting(owner) {
    if (!able()) return [];
    const rows = await within("kept", "readonly", (store) => store.getAll());
    return rows
      .filter((row) => row.kind === SENT && (!owner || row.owner === owner))
      .sort((one, other) => one.at - other.at);
  }

  /**
   * Hand a form in on this phone: it waits here, in words only the hospital can read, too.
   * @param {Vault} vault @param {string} id @param {object} body @param {object} packed
   */
  async function handIn(vault, id, body, packed) {
    const bound = `PRO1.${vault.owner}.${id}`;
    const { iv, data } = await seal(vault, JSON.stringify(packed), bound);
    const whole = new Uint8Array(iv.length + data.byteLength);
    whole.set(iv);
    whole.set(new Uint8Array(data), iv.length);
    await put(vault, SENT, id, body, { code: `${bound}.${base64url(whole)}` });
  }

  /** A request that is given up after a while: on a bad network some never end. @param {string} path @param {RequestInit} [init] */
  async function ask(path, init = {}) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
    try {
      return await scope.fetch(path, { credentials: "same-origin", ...init, signal: stop.signal });
    } finally {
      clearTimeout(timer);
    }
  }

  /** @param {string} path @param {object} body @param {string} csrf */
  function putJson(path, body, csrf) {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf };
    return ask(path, { method: "PUT", headers, body: JSON.stringify(body) });
  }

  /**
   * What the server has for this phone; opens the vault of who is signed in there.
   * @returns {Promise<{outcome: Outcome, phone?: any, vault?: Vault | null}>}
   */
  async function hello() {
    let answer;
    try {
      answer = await ask("/api/phone");
      if (answer.status === 401) return { outcome: "signed_out" };
      if (!answer.ok) return { outcome: "busy" };
      const phone = await answer.json();
      // How far this phone's clock is behind the server's, in ms.
      phone.ahead = Date.parse(phone.now) - Date.now();
      const keeps = able() && phone.owner && phone.key;
      // The patient may have signed out, or somebody else in, while this was on its way.
      if (keeps && ![undefined, phone.owner].includes(ownerNow())) return { outcome: "signed_out" };
      return { outcome: "sent", phone, vault: keeps ? await unlock(phone.owner, phone.key) : null };
    } catch {
      return { outcome: "offline" };
    }
  }

  /**
   * Send what waits here. A form leaves the phone only once the hospital has it: the same
   * number again is answered with the same receipt, so sending twice does no harm.
   * @returns {Promise<{outcome: Outcome, receipts: any[]}>}
   */
  async function send() {
    const receipts = /** @type {any[]} */ ([]);
    if ((await waiting()).length === 0) return { outcome: "sent", receipts };
    const { outcome, phone, vault } = await hello();
    if (outcome !== "sent" || !vault) return { outcome, receipts };
    const own = await waiting(vault.owner);
    if (own.length === 0) return { outcome: "other_owner", receipts };
    for (const row of own) {
      // A refusal does not pass by itself; the nurse has been told of it.
      if (row.refused && Date.now() - row.refused.at < REFUSED_MS) continue;
      const body = await read(vault, row);
      if (body === null) continue;
      const now = new Date();
      const message = {
        ...body,
        device_at: now.toISOString(),
        device_offset_minutes: -now.getTimezoneOffset(),
      };
      let answer;
      try {
        answer = await putJson(`/api/forms/${row.id}`, message, phone.csrf);
        if (answer.status === 200 || answer.status === 201) {
          const receipt = await answer.json();
          await put(vault, "receipt", row.id, receipt);
          await remove(SENT, row.id);
          receipts.push(receipt);
          continue;
        }
      } catch {
        return { outcome: "offline", receipts };
      }
      if (answer.status === 401) return { outcome: "signed_out", receipts };
      if (answer.status !== 409 && answer.status !== 422) return { outcome: "busy", receipts };
      // The server has told the nurse; the form stays here, to be fetched as a code.
      const { error } = await answer.json().catch(() => ({ error: "" }));
      await within("kept", "readwrite", (store) => {
        store.put({ ...row, refused: { error, at: Date.now() } });
      });
    }
    return { outcome: "sent", receipts };
  }

  scope.pro = {
    able,
    ownerNow,
    unlock,
    unlocked,
    lock,
    tidy,
    put,
    get,
    remove,
    waiting,
    handIn,
    hello,
    send,
    ask,
    putJson,
  };
})(self);
