/* A form that could not be sent, as codes that the nurse's page reads by camera. */

import "./keep.js";
import { parts, path, qr } from "./qr.js";
import { haveTemplates, plain } from "./screens.js";

/** @type {any} */
const { pro } = self;
const MARGIN = 4;
const SVG = "http://www.w3.org/2000/svg";

/** Show the forms that wait on this phone: the patient's own where one is signed in, else everybody's. @param {string} language */
export async function showRescue(language) {
  const vault = await pro.unlocked();
  const rows = await pro.waiting(vault ? vault.owner : undefined);
  const codes = rows.flatMap((/** @type {any} */ row) => (row.code ? parts(row.code, row.id) : []));
  if (codes.length === 0) return;
  await haveTemplates(language);
  let at = 0;
  const node = plain(language, "rescue");
  const step = () => draw(node, codes, at);
  step();
  node.querySelectorAll("[data-codes], [data-action=more]").forEach((each) => {
    if (each instanceof HTMLElement) each.hidden = codes.length === 1;
  });
  const more = node.querySelector("[data-action=more]");
  if (more) {
    more.addEventListener("click", () => {
      at = (at + 1) % codes.length;
      step();
    });
  }
  const back = node.querySelector("[data-action=back]");
  if (back) {
    back.addEventListener("click", (event) => {
      event.stopPropagation();
      location.reload();
    });
  }
}

/** @param {HTMLElement} node @param {string[]} codes @param {number} at */
function draw(node, codes, at) {
  const place = /** @type {HTMLElement} */ (node.querySelector("[data-fill=code]"));
  const modules = qr(codes[at]);
  const text = node.querySelector("textarea");
  if (text) text.value = codes[at];
  const side = modules.length + 2 * MARGIN;
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", `0 0 ${side} ${side}`);
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", document.querySelector("main h1")?.textContent || "");
  picture.setAttribute("shape-rendering", "crispEdges");
  const ground = document.createElementNS(SVG, "rect");
  for (const [name, value] of Object.entries({ width: side, height: side, fill: "#fff" })) {
    ground.setAttribute(name, String(value));
  }
  const dark = document.createElementNS(SVG, "path");
  dark.setAttribute("d", path(modules, MARGIN));
  dark.setAttribute("fill", "#000");
  picture.append(ground, dark);
  place.replaceChildren(picture);
  for (const [name, value] of [["code-number", at + 1], ["code-total", codes.length]]) {
    const slot = node.querySelector(`[data-fill=${name}]`);
    if (slot) slot.textContent = String(value);
  }
}
