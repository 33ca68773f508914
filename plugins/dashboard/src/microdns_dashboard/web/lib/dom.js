// Elements from code.  Whatever comes from the server becomes text or an attribute, never markup.

/** @typedef {Node | string | number | null | undefined | false | Child[]} Child */

/**
 * An element: `h("p", {class: "muted"}, "text")`.
 *
 * Properties that begin with `on` are listeners, `true` and `false` set or leave out an attribute,
 * `value`, `checked` and `indeterminate` are properties, all else are attributes.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) set(element, name, value);
  add(element, children);
  return element;
}

const PROPERTIES = new Set(["value", "checked", "indeterminate", "selected"]);

/** @param {Element} element @param {string} name @param {any} value */
function set(element, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (PROPERTIES.has(name)) /** @type {any} */ (element)[name] = value;
  else element.setAttribute(name, value === true ? "" : String(value));
}

/** @param {Element} element @param {Child[]} children */
function add(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) add(element, child);
    else if (child !== undefined && child !== null && child !== false) element.append(/** @type {any} */ (child));
  }
}

/**
 * Put these in place of all that an element holds.
 * @template {Element} E
 * @param {E} element
 * @param {...Child} children
 * @returns {E}
 */
export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

/**
 * The element that a selector finds; it must be there.
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {any}
 */
export function one(selector, within = document) {
  const found = within.querySelector(selector);
  if (!found) throw new Error(`there is no ${selector}`);
  return found;
}

let number = 0;

/** An id that no other element has, for labels. @param {string} stem */
export function fresh(stem) {
  number += 1;
  return `${stem}-${number}`;
}
