// Fields with a label, a hint, and what is wrong with what was typed.

import {fresh, h} from "./dom.js";

/**
 * @typedef {object} Field
 * @property {HTMLElement} element
 * @property {HTMLInputElement | HTMLSelectElement} input
 * @property {(text: string) => void} wrong says what is wrong, "" for nothing
 */

/**
 * @param {string} label
 * @param {HTMLInputElement | HTMLSelectElement} input
 * @param {string} [hint]
 * @returns {Field}
 */
export function field(label, input, hint = "") {
  input.id ||= fresh("field");
  const problem = h("p", {class: "problem", id: fresh("problem"), "aria-live": "polite"});
  const note = hint && h("p", {class: "hint", id: fresh("hint")}, hint);
  input.setAttribute("aria-describedby", note ? `${note.id} ${problem.id}` : problem.id);
  const element = h("div", {class: "field"}, h("label", {for: input.id}, label), input, note, problem);
  return {element, input, wrong: (text) => mark(input, problem, text)};
}

/** Mark an input as wrong, and say why. @param {Element} input @param {HTMLElement} problem @param {string} text */
export function mark(input, problem, text) {
  if (text) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  if (problem.textContent !== text) problem.textContent = text;
}

/** A select with these values, each with its name. @param {[string, string][]} choices @param {Record<string, any>} [properties] */
export function choice(choices, properties = {}) {
  return h("select", properties, choices.map(([value, name]) => h("option", {value}, name)));
}

/**
 * What calls `work` once nothing was typed for a while; a later call takes the place of an earlier
 * one, and `cancel` that of all.
 * @param {() => void} work
 * @param {number} [ms]
 */
export function settled(work, ms = 250) {
  let timer = 0;
  const call = () => {
    clearTimeout(timer);
    timer = setTimeout(work, ms);
  };
  call.cancel = () => clearTimeout(timer);
  return call;
}
