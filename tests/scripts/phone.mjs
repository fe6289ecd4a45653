/* A phone under node: a store like the browser's in memory, a hospital that answers as told. */

const { webcrypto } = await import("node:crypto");

/** @param {Map<string, Map<string, any>>} stores store → key → row */
function opened(stores, paths) {
  return {
    createObjectStore(name, { keyPath }) {
      stores.set(name, new Map());
      paths.set(name, keyPath);
    },
    close() {},
    transaction(name, mode) {
      const rows = stores.get(name);
      const asked = [];
      const ask = (work) => {
        const request = {};
        asked.push(() => (request.result = work()));
        return request;
      };
      const write = (work) => {
        if (mode !== "readwrite") throw new DOMException(mode, "ReadOnlyError");
        return ask(work);
      };
      const transaction = {
        objectStore: () => ({
          getAll: () => ask(() => [...rows.values()]),
          get: (key) => ask(() => rows.get(key)),
          put: (row) => write(() => rows.set(row[paths.get(name)], { ...row })),
          delete: (key) => write(() => rows.delete(key)),
          clear: () => write(() => rows.clear()),
        }),
      };
      if (!["readonly", "readwrite"].includes(mode)) throw new TypeError(mode);
      setImmediate(() => {
        for (const work of asked) work();
        transaction.oncomplete();
      });
      return transaction;
    },
  };
}

function indexedDB() {
  const stores = new Map();
  const paths = new Map();
  return {
    stores,
    open() {
      const opening = {};
      setImmediate(() => {
        opening.result = opened(stores, paths);
        if (!stores.size) opening.onupgradeneeded();
        opening.onsuccess();
      });
      return opening;
    },
  };
}

globalThis.self = globalThis;
if (!globalThis.crypto) globalThis.crypto = webcrypto;
await import("../../pro_app/static/patient/keep.js");

export const { pro } = self;
export const { Keeper } = await import("../../pro_app/static/patient/drafts.js");

/** A phone that keeps nothing yet, before a hospital that gives no answer. */
export function newPhone() {
  self.indexedDB = indexedDB();
  delete self.document;
  self.fetch = async () => {
    throw new TypeError("no network");
  };
}

/** The rows that lie in the phone's store. */
export const rows = () => [...(self.indexedDB.stores.get("kept") || new Map()).values()];

/** Whose the pages are, as the server's cookie has it. */
export function pagesOf(owner) {
  self.document = { cookie: owner ? `language=zh; phone=${owner}` : "language=zh" };
}

/** The hospital answers by path: [status, body], or a function of the request's body that gives it. */
export function hospital(answers) {
  const asked = [];
  self.fetch = async (path, init = {}) => {
    const sent = init.body ? JSON.parse(init.body) : undefined;
    asked.push({ path, sent, headers: init.headers });
    const told = answers[path] ?? [404, {}];
    const [status, body] = typeof told === "function" ? await told(sent) : told;
    return new Response(body === null ? null : JSON.stringify(body), { status });
  };
  return asked;
}
