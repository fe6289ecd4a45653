/* Copy the words of a message. Without this script they can be marked and copied by hand. */

/** Mark the words, so that they can be copied by hand. @param {Element} words */
function mark(words) {
  const range = document.createRange();
  range.selectNodeContents(words);
  const selection = getSelection();
  selection?.removeAllRanges();
  selection?.addRange(range);
}

/** @param {HTMLButtonElement} button */
async function copy(button) {
  const words = button.form?.querySelector(".message");
  if (!words) return;
  mark(words);
  try {
    await navigator.clipboard.writeText(words.textContent?.trim() ?? "");
  } catch {
    // No clipboard without https, or it is not allowed: an older way, if there is one.
    if (!document.execCommand("copy")) return;
  }
  button.textContent = button.dataset.copied ?? "";
}

for (const button of document.querySelectorAll("[data-copy]")) {
  if (button instanceof HTMLButtonElement) {
    button.hidden = false;
    button.addEventListener("click", () => void copy(button));
  }
}
