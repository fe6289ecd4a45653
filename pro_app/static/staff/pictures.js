// Too many pictures, or too large ones, are said before they are sent: what was typed stays.
// Without this script the server says so, and keeps the form.
"use strict";

/** @param {HTMLElement} picker */
function watch(picker) {
  const inputs = /** @type {HTMLInputElement[]} */ ([...picker.querySelectorAll("input[type=file]")]);
  const fault = /** @type {HTMLElement} */ (picker.querySelector("[data-fault]"));
  picker.addEventListener("change", () => {
    const files = inputs.flatMap((input) => [...(input.files || [])]);
    const { most, mostBytes, tooMany = "", tooLarge = "" } = picker.dataset;
    let wrong = files.length > Number(most) ? tooMany : "";
    if (files.some((file) => file.size > Number(mostBytes))) wrong = tooLarge;
    inputs.forEach((input) => input.setCustomValidity(input.files?.length ? wrong : ""));
    fault.textContent = wrong;
    fault.hidden = !wrong;
  });
}

for (const picker of document.querySelectorAll("[data-pictures]"))
  if (picker instanceof HTMLElement) watch(picker);
