/* A form as values: its pages, what is left to answer, two phones' answers merged.
   No page, no storage, no network: all of it can be tried out without a browser. */

/** @typedef {number | "SKIPPED" | "PREFER_NOT"} Given */
/** @typedef {Record<string, Given>} Answers */
/** @typedef {{code: string, number: number, box: string | null}} Line */
/** @typedef {{number: number, section: string, lines: Line[]}} Page */
/** @typedef {{code: string, before: string, items: string[]}} OptOut */
/**
 * @typedef {{language: string, sha256: string, layout: string, draft_hours: number,
 *   choices: number[], sections: {code: string, items: string[]}[], opt_outs: OptOut[],
 *   texts: Record<string, string>}} Wording
 */
/**
 * What is known of a form that is being filled in. `base` is the server's revision it
 * was last the same as, `synced` the answers as they were then; times are seconds after
 * the start, [first seen, last chosen].
 * @typedef {{visit: string, submission_id: string, started_at: string, language: string,
 *   answers: Answers, item_languages: Record<string, string>,
 *   item_times: Record<string, [number, number | null]>, base: number, synced: Answers,
 *   elsewhere: string[]}} Draft
 */

export const SKIPPED = "SKIPPED";
export const PREFER_NOT = "PREFER_NOT";

/** The pages in order: one for each item, or for each section. @param {Wording} wording @returns {Page[]} */
export function pages(wording) {
  const boxes = new Map(wording.opt_outs.map((box) => [box.before, box.code]));
  let number = 0;
  const sections = wording.sections.map((section) => ({
    section: section.code,
    lines: section.items.map((code) => ({ code, number: ++number, box: boxes.get(code) || null })),
  }));
  const sheets =
    wording.layout === "section"
      ? sections
      : sections.flatMap(({ section, lines }) => lines.map((line) => ({ section, lines: [line] })));
  return sheets.map((sheet, index) => ({ number: index + 1, ...sheet }));
}

/** The lines of a page with neither an answer nor a word that they stay blank. @param {Page} page @param {Answers} answers */
export function blanks(page, answers) {
  return page.lines.filter((line) => !(line.code in answers));
}

/** The number of the first page with something left to answer; null: all is done. @param {Page[]} sheets @param {Answers} answers */
export function place(sheets, answers) {
  const open = sheets.find((page) => blanks(page, answers).length > 0);
  return open ? open.number : null;
}

/** Whether a box shows as ticked. @param {OptOut} box @param {Answers} answers */
export function ticked(box, answers) {
  return box.items.every((code) => answers[code] === PREFER_NOT);
}

/** A draft that begins now. @param {string} visit @param {string} language @param {string} id @param {Date} now @returns {Draft} */
export function begin(visit, language, id, now) {
  return {
    visit,
    submission_id: id,
    started_at: now.toISOString(),
    language,
    answers: {},
    item_languages: {},
    item_times: {},
    base: 0,
    synced: {},
    elsewhere: [],
  };
}

/** The draft with these answers given just now; undefined takes one back. @param {Draft} draft @param {Record<string, Given | undefined>} given @param {Date} now @returns {Draft} */
export function answer(draft, given, now) {
  const answers = { ...draft.answers };
  const item_languages = { ...draft.item_languages };
  const item_times = { ...draft.item_times };
  for (const [code, value] of Object.entries(given)) {
    if (value === undefined) {
      delete answers[code];
      delete item_languages[code];
    } else {
      answers[code] = value;
      item_languages[code] = draft.language;
    }
    const [seen] = item_times[code] || [seconds(draft, now), null];
    item_times[code] = [seen, seconds(draft, now)];
  }
  return { ...draft, answers, item_languages, item_times };
}

/** The draft with these lines seen, the first time they are. @param {Draft} draft @param {string[]} codes @param {Date} now @returns {Draft} */
export function see(draft, codes, now) {
  const item_times = { ...draft.item_times };
  for (const code of codes) if (!(code in item_times)) item_times[code] = [seconds(draft, now), null];
  return { ...draft, item_times };
}

/** Whether it was begun too long ago: its recall period was another one. @param {Draft} draft @param {number} hours @param {Date} now */
export function expired(draft, hours, now) {
  return now.getTime() - Date.parse(draft.started_at) > hours * 3600 * 1000;
}

/**
 * My draft after it met the server's newer one. What only one side changed is taken; where
 * both did, what stands on this screen stays. A line that had another answer there than here
 * is named, to be looked at.
 * @param {Draft} mine
 * @param {{submission_id: string, started_at: string, revision: number, answers: Answers,
 *   item_languages: Record<string, string>, item_times: Draft["item_times"] | null}} theirs
 * @returns {Draft}
 */
export function merge(mine, theirs) {
  const answers = { ...theirs.answers };
  const item_languages = { ...theirs.item_languages };
  const item_times = { ...(theirs.item_times || {}) };
  const elsewhere = new Set(mine.elsewhere);
  const codes = new Set([...Object.keys(mine.answers), ...Object.keys(mine.synced)]);
  for (const code of codes) {
    const changed = theirs.answers[code] !== mine.synced[code];
    if (changed && theirs.answers[code] !== mine.answers[code]) elsewhere.add(code);
    if (mine.answers[code] === mine.synced[code]) continue;
    if (code in mine.answers) {
      answers[code] = mine.answers[code];
      item_languages[code] = mine.item_languages[code];
    } else {
      delete answers[code];
      delete item_languages[code];
    }
  }
  for (const [code, times] of Object.entries(mine.item_times)) item_times[code] = times;
  return {
    ...mine,
    submission_id: theirs.submission_id,
    started_at: theirs.started_at,
    answers,
    item_languages,
    item_times,
    base: theirs.revision,
    synced: { ...theirs.answers },
    elsewhere: [...elsewhere],
  };
}

/** Whether the server has not yet heard of something in the draft. @param {Draft} draft */
export function unsaved(draft) {
  const codes = new Set([...Object.keys(draft.answers), ...Object.keys(draft.synced)]);
  return draft.base === 0 || [...codes].some((code) => draft.answers[code] !== draft.synced[code]);
}

/** The form as it is handed in. @param {Draft} draft @param {Wording} wording @param {string} assistance @param {Date} now */
export function body(draft, wording, assistance, now) {
  return {
    visit: draft.visit,
    language: draft.language,
    answers: draft.answers,
    item_languages: draft.item_languages,
    item_times: draft.item_times,
    wording_sha256: wording.sha256,
    assistance,
    started_at: draft.started_at,
    finished_at: now.toISOString(),
  };
}

/**
 * The same as short as can be, for a code that a camera reads; its times are the server's, as
 * far as this phone knows them.
 * @param {ReturnType<typeof body>} form @param {Wording} wording
 * @param {string[]} languages the study's, in its order
 * @param {{now: Date, ahead: number}} clock how many ms the server's is ahead of the phone's
 */
export function pack(form, wording, languages, { now, ahead }) {
  const codes = wording.sections.flatMap((section) => section.items);
  /** @type {Record<string, string>} */
  const sign = { SKIPPED: "S", PREFER_NOT: "P" };
  const spoken = codes.map((code) => languages.indexOf(form.item_languages[code] || form.language));
  /** @param {string} instant */
  const corrected = (instant) => new Date(Date.parse(instant) + ahead).toISOString();
  return {
    v: form.visit,
    l: form.language,
    a: codes.map((c) => sign[form.answers[c]] ?? form.answers[c] ?? "N").join(""),
    ...(spoken.every((each) => languages[each] === form.language) ? {} : { o: spoken.join("") }),
    h: form.assistance,
    w: form.wording_sha256,
    s: corrected(form.started_at),
    f: corrected(form.finished_at),
    z: -now.getTimezoneOffset(),
    t: shortTimes(codes.map((code) => form.item_times[code] || null)),
  };
}

/** Item by item, in base 36: how long after the item before it was seen, and how long then until the last choice. @param {([number, number | null] | null)[]} times */
function shortTimes(times) {
  let before = 0;
  return times
    .map((each) => {
      if (!each) return "";
      const [seen, chosen] = each;
      const after = (seen - before).toString(36);
      before = seen;
      return chosen === null ? after : `${after}.${(chosen - seen).toString(36)}`;
    })
    .join(",");
}

/** @param {Draft} draft @param {Date} now */
function seconds(draft, now) {
  return Math.max(0, Math.round((now.getTime() - Date.parse(draft.started_at)) / 1000));
}

/** A random UUID; old phones have no function for it. */
export function newId() {
  const raw = crypto.getRandomValues(new Uint8Array(16));
  raw[6] = (raw[6] & 15) | 64;
  raw[8] = (raw[8] & 63) | 128;
  const hex = Array.from(raw, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
