// Tables that become lists of cards on narrow screens, and their pages.

import {h} from "./dom.js";
import {count} from "./format.js";

/**
 * @typedef {object} Column
 * @property {string} title
 * @property {string} [class] of its cells
 * @property {boolean} [quiet] its title is only for screen readers
 */

/**
 * A table around rows that the caller makes.
 * @param {string} caption for screen readers
 * @param {Column[]} columns
 * @param {...HTMLElement} bodies
 */
export function table(caption, columns, ...bodies) {
  const heads = columns.map((each) =>
    h("th", {scope: "col", class: each.class}, each.quiet ? h("span", {class: "unseen"}, each.title) : each.title));
  const made = h("table", {class: "stack"}, h("caption", {class: "unseen"}, caption), h("thead", {}, h("tr", {}, heads)), bodies);
  return h("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": `Table: ${caption}`}, made);
}

/**
 * The cells of a row, in the order of the columns.
 * @param {Column[]} columns
 * @param {import("./dom.js").Child[]} contents
 */
export function cells(columns, contents) {
  return contents.map((content, at) => h("td", {class: columns[at].class, "data-label": columns[at].title}, content));
}

/** A row that says that there is nothing. @param {Column[]} columns @param {string} text */
export const nothing = (columns, text) => h("tr", {}, h("td", {colspan: columns.length, class: "empty"}, text));

/**
 * Which part of a list is shown, and the way to the others.
 * @param {{offset: number, limit: number, total: number, items: unknown[]}} page
 * @param {(offset: number) => void} go
 */
export function pager(page, go) {
  const {offset, limit, total, items} = page;
  if (!total) return null;
  const text = total > items.length ? `${count(offset + 1)}–${count(offset + items.length)} of ${count(total)}` : `${count(total)} in all`;
  const many = total > limit && [
    h("button", {type: "button", class: "small", disabled: offset === 0, onclick: () => go(Math.max(0, offset - limit))}, "Previous"),
    h("button", {type: "button", class: "small", disabled: offset + limit >= total, onclick: () => go(offset + limit)}, "Next"),
  ];
  return h("div", {class: "pager"}, h("span", {}, text), h("span", {class: "push"}), many);
}
