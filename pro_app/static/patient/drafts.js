/* An unfinished form: kept on the phone at every tap, and at the server when it can be reached. */

import "./keep.js";
import { merge, unsaved } from "./form.js";

/** @typedef {import("./form.js").Draft} Draft */
/** @typedef {"kept" | "offline" | "signed_out" | "received" | "not_open" | "expired" | "refused"} Outcome */

/** @type {any} */
const { pro } = self;
const PAUSE_MS = 1200;

/** One form that is being filled in on this page. */
export class Keeper {
  /**
   * @param {any} vault null where this browser keeps nothing
   * @param {string} visit
   * @param {(outcome: Outcome) => void} told when the server had something to say
   */
  constructor(vault, visit, told) {
    this.vault = vault;
    this.visit = visit;
    this.told = told;
    this.csrf = "";
    /** How far the server's clock is ahead of this phone's, in ms. */
    this.ahead = 0;
    /** @type {Draft | null} */
    this.draft = null;
    /** @type {Draft | null} what lay in the store when this page last saw it */
    this.kept = null;
    /** @type {Promise<void>} writes follow each other */
    this.writing = Promise.resolve();
    this.waits = false;
    /** @type {Promise<Outcome> | null} */
    this.sending = null;
    this.timer = 0;
    /** The form that the hospital has of this visit already, if it said so. */
    this.receivedAs = "";
  }

  /** What is on this phone. */
  async load() {
    this.draft = this.vault ? await pro.get(this.vault, "draft", this.visit) : null;
    this.kept = this.draft;
    return this.draft;
  }

  /** What the server said of itself. @param {any} phone */
  met(phone) {
    this.csrf = phone.csrf;
    this.ahead = phone.ahead;
  }

  /** A draft of the server's, its start by this phone's clock. @param {any} theirs */
  here(theirs) {
    const started = new Date(Date.parse(theirs.started_at) - this.ahead);
    return { ...theirs, started_at: started.toISOString() };
  }

  /** The draft changes to this; it is kept here at once and at the server soon. @param {Draft} draft */
  change(draft) {
    this.draft = draft;
    this.store();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.sync(), PAUSE_MS);
    return this.writing;
  }

  /** Have the draft as it is now written once, after what is being written. */
  store() {
    if (this.waits) return;
    this.waits = true;
    this.writing = this.writing.then(() => this.write()).catch((error) => console.warn(error));
  }

  async write() {
    this.waits = false;
    if (!this.vault || !this.draft) return;
    const met = await this.look();
    this.kept = this.draft;
    await pro.put(this.vault, "draft", this.visit, this.draft);
    if (met) this.told("kept");
  }

  /** Take in what another tab has kept meanwhile. @returns {Promise<boolean>} whether there was anything */
  async look() {
    if (!this.vault || !this.draft) return false;
    const other = await pro.get(this.vault, "draft", this.visit);
    if (!other || !this.kept || JSON.stringify(other) === JSON.stringify(this.kept)) return false;
    const since = { ...this.draft, synced: this.kept.answers };
    const merged = merge(since, { ...other, revision: other.base });
    this.draft = { ...merged, synced: other.synced };
    this.kept = other;
    return true;
  }

  /** Bring the server up to date. @returns {Promise<Outcome>} */
  async sync() {
    clearTimeout(this.timer);
    if (this.sending) await this.sending;
    this.sending = this.send();
    try {
      const outcome = await this.sending;
      if (outcome !== "kept") this.told(outcome);
      return outcome;
    } finally {
      this.sending = null;
    }
  }

  /** @returns {Promise<Outcome>} */
  async send() {
    for (let tries = 0; tries < 3; tries++) {
      const draft = this.draft;
      if (!draft || !unsaved(draft)) return "kept";
      if (!this.csrf) return "offline";
      let answer, said;
      try {
        answer = await pro.putJson(`/api/drafts/${this.visit}`, message(draft), this.csrf);
        said = await answer.json();
      } catch {
        return "offline";
      }
      // Handed in, dropped or begun anew meanwhile: this is no word about what is here now.
      if (!this.draft || this.draft.submission_id !== draft.submission_id) continue;
      if (answer.ok) {
        await this.settle({ ...this.draft, base: said.revision, synced: draft.answers });
        return "kept";
      }
      if (answer.status === 409 && said.error === "NEWER") {
        await this.settle(merge(this.draft, this.here(said.draft)));
        this.told("kept");
        continue;
      }
      if (answer.status === 401) return "signed_out";
      if (answer.status === 409 && said.error === "RECEIVED") {
        this.receivedAs = said.submission_id;
        return "received";
      }
      if (answer.status === 409) return "not_open";
      if (answer.status === 410) return "expired";
      return answer.status === 422 ? "refused" : "offline";
    }
    return "offline";
  }

  /** @param {Draft} draft */
  async settle(draft) {
    this.draft = draft;
    this.store();
    await this.writing;
  }

  /** The form is handed in or gone: nothing of it stays here. */
  async drop() {
    clearTimeout(this.timer);
    this.draft = this.kept = null;
    await this.writing;
    if (this.vault) await pro.remove("draft", this.visit);
  }
}

/** @param {Draft} draft */
function message(draft) {
  const { submission_id, base, started_at, answers, item_languages, item_times, language } = draft;
  const device_at = new Date().toISOString();
  return { submission_id, base, started_at, device_at, answers, item_languages, item_times, language };
}
