/* Draw a form's screens from the templates of the shell. They are the same macros that the
   server's pages are made of, with places for texts; here the texts are put in. */

import { fill } from "./fill.js";
import { SKIPPED, blanks, ticked } from "./form.js";

/** @typedef {import("./form.js").Draft} Draft */
/** @typedef {import("./form.js").Page} Page */
/** @typedef {import("./form.js").Wording} Wording */

// Chrome before 86 has none.
Element.prototype.replaceChildren =
  Element.prototype.replaceChildren ||
  /** @this {Element} @param {(Node | string)[]} nodes */
  function (...nodes) {
    this.textContent = "";
    this.append(...nodes);
  };

/** The templates, out of the way of what is drawn. */
const shell = document.createDocumentFragment();
shell.append(...document.querySelectorAll("template[data-language]"));
/** @type {Record<string, string>} */
let around = {};

/** Have a language's templates: a page of the server's brings none. Errors: without a network. @param {string} language */
export async function haveTemplates(language) {
  if (shell.querySelector(`template[data-language="${language}"]`)) return;
  const answer = await fetch(`${document.body.dataset.shellAt || "/my/shell/now"}/${language}`);
  if (!answer.ok) throw new Error("no shell");
  const found = new DOMParser().parseFromString(await answer.text(), "text/html");
  shell.append(...found.querySelectorAll("template[data-language]"));
}

/** @param {string} language @param {string} name @returns {HTMLElement} a new copy of one template's content */
function copy(language, name) {
  const all = shell.querySelector(`template[data-language="${language}"]`);
  const one = all instanceof HTMLTemplateElement && all.content.querySelector(`template[data-name="${name}"]`);
  if (!(one instanceof HTMLTemplateElement)) throw new Error(`no template ${name}`);
  const node = /** @type {HTMLElement} */ (one.content.firstElementChild);
  return /** @type {HTMLElement} */ (document.importNode(node, true));
}

/** Put everything around the screens in this language. @param {string} language @param {Record<string, string>} texts */
export function frame(language, texts) {
  around = texts;
  if (document.body.dataset.drawn !== language) {
    const node = copy(language, "frame");
    document.body.replaceChildren(...node.childNodes);
    document.documentElement.lang = node.lang;
    document.body.dataset.drawn = language;
  }
  fillAround(document.body);
}

/** Texts that may stand on any screen, as whom to call. @param {ParentNode} node */
function fillAround(node) {
  fill(node, around);
  for (const link of node.querySelectorAll("a.phone")) {
    if (link instanceof HTMLAnchorElement && around["site-phone"]) {
      link.href = `tel:${around["site-phone"].replace(/\s/g, "")}`;
    }
  }
  // What a script answers leads nowhere by itself, and without an address no key reaches it.
  for (const link of node.querySelectorAll("a[data-action]:not([href])")) {
    if (link instanceof HTMLAnchorElement) link.href = location.href;
  }
}

/** Which language the page around the screens is in already. @param {string} language */
export function framed(language) {
  document.body.dataset.drawn = language;
}

/**
 * Show a screen, its head in focus so that it is read out.
 * @param {HTMLElement} node @param {string} title
 */
function show(node, title) {
  const main = /** @type {HTMLElement} */ (document.querySelector("main"));
  fillAround(node);
  main.replaceChildren(node);
  document.title = title;
  const head = node.querySelector("h1");
  if (head) {
    head.tabIndex = -1;
    head.focus({ preventScroll: true });
  }
  scrollTo(0, 0);
  document.dispatchEvent(new CustomEvent("drawn"));
}

/** A screen with nothing but texts. @param {string} language @param {string} name @param {Record<string, string>} [texts] @returns {HTMLElement} */
export function plain(language, name, texts = {}) {
  const node = copy(language, name);
  fill(node, texts);
  show(node, texts.title || document.title);
  return node;
}

/** @param {Wording} wording @param {string} title @param {Record<string, string>} texts @param {boolean} expired */
export function intro(wording, title, texts, expired) {
  const name = wording.texts.TITLE || title;
  const node = plain(wording.language, "intro", { ...words(wording), title: name, ...texts });
  const notice = node.querySelector(".notice.warn");
  if (!expired && notice) notice.remove();
  if (!texts.until) node.querySelectorAll("[data-until]").forEach((each) => each.remove());
}

/** @param {Wording} wording @param {Draft} draft @param {Page[]} sheets @param {Page} page @param {string} title */
export function item(wording, draft, sheets, page, title) {
  const { language, texts } = wording;
  const node = copy(language, "item");
  const total = sheets.reduce((sum, sheet) => sum + sheet.lines.length, 0);
  const done = wording.layout === "item" ? page.number : Object.keys(draft.answers).length;
  fill(node, {
    ...words(wording),
    heading: texts[`HEADING_${page.section}`] || title,
    intro: texts[`INTRO_${page.section}`],
    number: String(page.number),
    pages: String(sheets.length),
    done: String(Object.keys(draft.answers).length),
    total: String(total),
  });
  const bar = node.querySelector("progress");
  if (bar) [bar.max, bar.value] = [total, done];
  const list = /** @type {HTMLElement} */ (node.querySelector("[data-list=lines]"));
  list.replaceChildren(...page.lines.flatMap((line) => drawLine(wording, draft, line)));
  tell(node, wording, draft, sheets);
  show(node, title);
}

/** @param {Wording} wording @param {Draft} draft @param {import("./form.js").Line} line */
function drawLine(wording, draft, line) {
  const { language, texts } = wording;
  const nodes = [];
  const box = wording.opt_outs.find((each) => each.code === line.box);
  if (box) {
    const opting = copy(language, "box");
    fill(opting, { box: texts[box.code] });
    const input = /** @type {HTMLInputElement} */ (opting.querySelector("input"));
    input.name = `box:${box.code}`;
    input.checked = ticked(box, draft.answers);
    nodes.push(opting);
  }
  const node = copy(language, "line");
  node.dataset.line = line.code;
  node.id = `line-${line.number}`;
  const choices = wording.choices.map((value) => [`choice-${value}`, texts[`RESPONSE_${value}`]]);
  fill(node, {
    "line-number": String(line.number),
    "line-text": texts[line.code],
    ...Object.fromEntries(choices),
  });
  for (const input of node.querySelectorAll("input")) {
    input.name = `item:${line.code}`;
    input.checked = draft.answers[line.code] === Number(input.value);
  }
  return [...nodes, node];
}

/** @param {Wording} wording @param {Draft} draft @param {Page} page @param {string} title */
export function asking(wording, draft, page, title) {
  const open = blanks(page, draft.answers);
  const node = copy(wording.language, open.length === 1 ? "blank" : "blanks");
  fill(node, { ...words(wording), count: String(open.length) });
  rows(wording, node.querySelector("[data-list]"), open);
  show(node, title);
}

/** @param {Wording} wording @param {Draft} draft @param {Page[]} sheets @param {string} title @param {(page: number) => string} href */
export function review(wording, draft, sheets, title, href) {
  const node = copy(wording.language, "review");
  const values = Object.values(draft.answers);
  const blank = values.filter((value) => typeof value === "string").length;
  fill(node, { ...words(wording), count: String(blank) });
  if (!blank) node.querySelectorAll("[data-blank]").forEach((each) => each.remove());
  const sections = wording.sections.map((section) => {
    const place = copy(wording.language, "section");
    fill(place, { heading: wording.texts[`HEADING_${section.code}`] || "" });
    const list = /** @type {HTMLElement} */ (place.querySelector("[data-list]"));
    const pages = sheets.filter((sheet) => sheet.section === section.code);
    list.replaceChildren(
      ...pages.flatMap((sheet) => sheet.lines.map((line) => answerRow(wording, draft, line, href(sheet.number)))),
    );
    return place;
  });
  const list = /** @type {HTMLElement} */ (node.querySelector("[data-list=sections]"));
  list.replaceChildren(...sections);
  tell(node, wording, draft, sheets);
  show(node, title);
}

/** @param {Wording} wording @param {Draft} draft @param {import("./form.js").Line} line @param {string} address */
function answerRow(wording, draft, line, address) {
  const given = draft.answers[line.code];
  const kind = typeof given === "number" ? "row" : given === SKIPPED ? "row-skipped" : "row-prefer-not";
  const node = copy(wording.language, kind);
  fill(node, {
    "line-number": String(line.number),
    "line-text": wording.texts[line.code],
    answer: wording.texts[`RESPONSE_${given}`],
  });
  const link = node.querySelector("a");
  if (link) link.href = `${address}#line-${line.number}`;
  return node;
}

/** Say which lines were answered differently elsewhere. @param {HTMLElement} node @param {Wording} wording @param {Draft} draft @param {Page[]} sheets */
function tell(node, wording, draft, sheets) {
  const named = sheets.flatMap((sheet) => sheet.lines).filter((line) => draft.elsewhere.includes(line.code));
  if (named.length === 0) return;
  const notice = copy(wording.language, "told");
  rows(wording, notice.querySelector("[data-list]"), named);
  node.prepend(notice);
}

/** @param {Wording} wording @param {Element | null} list @param {import("./form.js").Line[]} lines */
function rows(wording, list, lines) {
  const drawn = lines.map((line) => {
    const row = copy(wording.language, "numbered");
    fill(row, { "line-number": String(line.number), "line-text": wording.texts[line.code] });
    return row;
  });
  if (list) list.replaceChildren(...drawn);
}

/** What is on this phone. @param {string} language @param {{name: string, state: string, href: string}[]} entries @param {number} waiting how many forms are still to be sent */
export function home(language, entries, waiting) {
  const node = copy(language, "home");
  const drawn = entries.map((entry) => {
    const row = copy(language, `form-${entry.state}`);
    fill(row, { visit: entry.name });
    const link = row.querySelector("a");
    if (link) link.href = entry.href;
    return row;
  });
  const list = /** @type {HTMLElement} */ (node.querySelector("[data-list=forms]"));
  list.replaceChildren(...drawn);
  list.hidden = drawn.length === 0;
  const empty = node.querySelector("[data-empty]");
  if (empty instanceof HTMLElement) empty.hidden = drawn.length + waiting > 0;
  show(node, document.title);
}

/** What every screen of a questionnaire says. @param {Wording} wording */
function words(wording) {
  return { notice: wording.texts.NOTICE, recall: wording.texts.RECALL };
}
