// Modal dialogs: the browser keeps focus within, gives it back, and closes them with Escape.

import {fresh, h} from "./dom.js";
import {Problem} from "./api.js";

/**
 * @typedef {object} Asked
 * @property {string} title
 * @property {import("./dom.js").Child} body
 * @property {string} action what the button says that does it
 * @property {boolean} [danger]
 * @property {() => Promise<unknown>} act does it; a problem that it raises is shown in the dialog
 * @property {(problem: Problem) => void} [wrong] is shown a problem, too, for its fields
 */

/** Ask, and do it; closes when it is done. @param {Asked} asked @returns {HTMLDialogElement} */
export function ask(asked) {
  const title = h("h2", {id: fresh("title")}, asked.title);
  const problem = h("p", {class: "problem", role: "alert"});
  const submit = h("button", {type: "submit", class: asked.danger ? "danger" : "primary"}, asked.action);
  const cancel = h("button", {type: "button", onclick: () => dialog.close()}, "Cancel");
  const form = h("form", {novalidate: true, onsubmit: (/** @type {Event} */ event) => void run(event)},
    title, asked.body, problem, h("div", {class: "actions"}, cancel, submit));
  const dialog = h("dialog", {"aria-labelledby": title.id, onclose: () => dialog.remove()}, form);

  const run = async (/** @type {Event} */ event) => {
    event.preventDefault();
    submit.disabled = true;
    problem.textContent = "";
    try {
      await asked.act();
      dialog.close();
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
      if (error instanceof Problem) asked.wrong?.(error);
    } finally {
      submit.disabled = false;
    }
  };
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Show something until it is closed. @param {string} heading @param {import("./dom.js").Child} body */
export function show(heading, body) {
  const title = h("h2", {id: fresh("title")}, heading);
  const close = h("button", {type: "button", onclick: () => dialog.close()}, "Close");
  const dialog = h("dialog", {"aria-labelledby": title.id, onclose: () => dialog.remove()},
    h("div", {class: "body"}, title, body, h("div", {class: "actions"}, close)));
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
