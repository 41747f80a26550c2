/* The dialog for what the server asks: a passphrase, or the name before a history is erased.
 *
 * What is typed here is given to `answered` and forgotten. */

import { tr } from "./language.js";

const $ = (id) => document.getElementById(id);
const dialog = $("question");

function take() {
  const text = $("reply").value;
  $("reply").value = "";
  dialog.close();
  return text;
}

export const Question = {
  /** Connect the dialog: `answered(text)`, or `cancelled(isSecret)` for Escape and Cancel. */
  connect(answered, cancelled) {
    const cancel = (event) => {
      event.preventDefault();
      take();
      cancelled(!$("show-row").hidden);
    };
    $("answer").addEventListener("submit", (event) => {
      event.preventDefault();
      answered(take());
    });
    $("cancel").addEventListener("click", cancel);
    dialog.addEventListener("cancel", cancel);
    $("show").addEventListener("change", () => {
      $("reply").type = $("show").checked ? "text" : "password";
    });
  },

  get isOpen() { return dialog.open; },

  ask(title, explanation, isSecret, button = tr("Erase"), label = tr("Your name")) {
    $("question-title").textContent = title;
    $("question-text").textContent = explanation;
    $("reply-label").textContent = isSecret ? tr("Passphrase") : label;
    $("reply").type = isSecret ? "password" : "text";
    $("reply").value = "";
    $("show").checked = false;
    $("show-row").hidden = !isSecret;
    $("answer-button").textContent = isSecret ? tr("Continue") : button;
    if (!dialog.open) dialog.showModal();
    $("reply").focus();
  },

  close() { dialog.close(); },
};
