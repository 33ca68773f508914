// A record as it is edited: inputs in the place of cells, checked by the server as they are typed.

import {fresh, h} from "../../lib/dom.js";
import {mark, settled} from "../../lib/fields.js";
import {cells} from "../../lib/table.js";
import {TYPES, typed} from "./types.js";

/** @type {import("../../lib/table.js").Column[]} */
export const COLUMNS = [
  {title: "Name"},
  {title: "TTL", class: "number"},
  {title: "Type"},
  {title: "Data", class: "data"},
  {title: "Comment"},
  {title: "Actions", class: "actions", quiet: true},
];
export const TYPE_LIST = "record-types";

/** One record's draft: a new one, a changed one, or one to be deleted. */
export class Draft {
  /**
   * @param {import("../../frame.js").App} app
   * @param {string} zone
   * @param {any} record null for a new one
   * @param {{changed: () => void, dropped: (draft: Draft) => void, submit: () => void}} told
   */
  constructor(app, zone, record, told) {
    this.app = app;
    this.zone = zone;
    this.record = record;
    this.told = told;
    this.deleted = false;
    this.element = h("tr", {class: "editing", onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event)});
    const what = record ? `${record.name} ${record.data.type}` : "new record";
    const check = (this.checking = settled(() => void this.check(), 200));
    const input = (/** @type {string} */ label, /** @type {Record<string, any>} */ more) =>
      h("input", {"aria-label": `${label} of ${what}`, autocomplete: "off", spellcheck: false, ...more, oninput: () => {
        told.changed();
        check();
      }});
    this.name = input("Name", {value: record?.name ?? "", placeholder: "www, or @"});
    this.ttl = input("TTL", {type: "number", min: 0, value: record?.ttl ?? "", placeholder: "default"});
    this.type = input("Type", {value: record?.data.type ?? "A", list: TYPE_LIST, disabled: Boolean(record)});
    this.data = input("Data", {value: record?.text ?? "", class: "mono", placeholder: TYPES.A});
    this.comment = input("Comment", {value: record?.comment ?? ""});
    this.enabled = h("input", {type: "checkbox", checked: record?.enabled ?? true, onchange: () => {
      told.changed();
      check();
    }});
    this.type.addEventListener("input", () => {
      this.data.placeholder = TYPES[this.type.value.trim().toUpperCase()] ?? "as a zone file has it";
    });
    this.problem = h("p", {class: "problem", id: fresh("problem"), "aria-live": "polite"});
    for (const each of this.#inputs()) each.setAttribute("aria-describedby", this.problem.id);
    this.#edit();
  }

  /** The change that an operation takes, or null for none. @returns {any} */
  change() {
    const {record} = this;
    if (this.deleted) return {op: "delete", id: record.id, version: record.version};
    const ttl = this.ttl.value === "" ? null : Number(this.ttl.value);
    const data = typed(this.type.value, this.data.value);
    const common = {name: this.name.value, ttl, enabled: this.enabled.checked, comment: this.comment.value};
    if (!record) return {op: "create", ...common, data};
    const same = record.name === common.name && record.ttl === ttl && record.enabled === common.enabled && record.comment === common.comment;
    const untouched = this.data.value === record.text;
    if (same && untouched) return null;
    return {op: "update", id: record.id, version: record.version, ...common, ...(untouched ? {} : {data})};
  }

  /** Ask the server what it would say to this change alone. */
  async check() {
    const change = this.change();
    if (!change || (!this.record && this.data.value === "")) return this.show(null);
    try {
      await this.app.api.call("record.changes", {zone_id: this.zone, changes: [change]}, {dryRun: true, signal: this.app.signal});
      this.show(null);
    } catch (error) {
      this.show(/** @type {any} */ (error), 0);
    }
  }

  /**
   * Show what is wrong with it, being the change `at` of those asked about.
   * @param {import("../../lib/api.js").Problem | null} problem
   * @param {number} [at]
   */
  show(problem, at = 0) {
    const about = (/** @type {string[]} */ ...fields) => problem?.about?.(...fields.map((each) => `changes[${at}].${each}`)) ?? "";
    const said = [
      [this.name, about("name")],
      [this.ttl, about("ttl")],
      [this.type, about("data.type")],
      [this.data, about("data", "data.text", "data.data")],
      [this.comment, about("comment")],
    ];
    const fields = said.map(([, text]) => text).filter(Boolean).join("; ");
    for (const [input, text] of said) mark(/** @type {any} */ (input), this.problem, /** @type {string} */ (text));
    this.problem.textContent = fields || (problem ? problem.message : "");
  }

  /** Keep the record as it was meant when it changes elsewhere; a save tells of the conflict. @param {any} now */
  changedElsewhere(now) {
    if (now.version !== this.record.version) {
      this.problem.textContent = `This record has changed meanwhile: ${now.ttl} ${now.data.type} ${now.text}. Cancel to see it as it is.`;
    }
  }

  /** Ask nothing any more. */
  leave() {
    this.checking.cancel();
  }

  focus() {
    (this.record ? this.data : this.name).focus();
  }

  remove() {
    this.deleted = true;
    this.element.classList.replace("editing", "deleted");
    const {record} = this;
    const keep = h("button", {type: "button", class: "small", onclick: () => this.told.dropped(this)}, "Keep");
    this.element.replaceChildren(...cells(COLUMNS, [
      record.name, record.ttl, h("span", {class: "badge type"}, record.data.type), record.text,
      h("span", {class: "badge bad"}, "to be deleted"), keep]));
    this.told.changed();
    keep.focus();
  }

  #inputs() {
    return [this.name, this.ttl, this.type, this.data, this.comment];
  }

  #edit() {
    const cancel = h("button", {type: "button", class: "small", onclick: () => this.told.dropped(this)}, "Cancel");
    const enabled = h("label", {class: "check"}, this.enabled, "answered");
    this.element.replaceChildren(...cells(COLUMNS, [
      this.name, this.ttl, this.type, [this.data, this.problem], this.comment, [enabled, cancel]]));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Escape") this.told.dropped(this);
    else if (event.key === "Enter" && event.target instanceof HTMLInputElement) this.told.submit();
    else return;
    event.preventDefault();
  }
}
