// @ts-check
// Put texts where a template left places for them.

/** @param {ParentNode} node @param {Record<string, string>} texts */
export function fill(node, texts) {
  for (const place of node.querySelectorAll("[data-fill]")) {
    const text = place instanceof HTMLElement ? texts[place.dataset.fill || ""] : undefined;
    if (text !== undefined) place.textContent = text;
  }
}
