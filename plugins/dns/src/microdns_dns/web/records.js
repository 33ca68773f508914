// The records of a zone.  Edits are drafts, which are reviewed as a difference and saved together.

import {ask, show} from "../../lib/dialog.js";
import {fill, h} from "../../lib/dom.js";
import {choice, field, settled} from "../../lib/fields.js";
import {notifyProblem} from "../../lib/notice.js";
import {cells, nothing, pager, table} from "../../lib/table.js";
import {consequences, difference} from "./difference.js";
import {historyList} from "./history.js";
import {COLUMNS, Draft, TYPE_LIST} from "./row.js";
import {TYPES} from "./types.js";
import {undo} from "./undo.js";

const SOURCES = ["api", "config", "import", "transfer", "dhcp", "mdns", "peer"];

/**
 * @param {import("../../frame.js").App} app
 * @param {string} zone
 */
export function recordsView(app, zone) {
  const view = new Records(app, zone);
  void view.refresh();
  addEventListener("beforeunload", view.warn);
  return {element: view.element, refresh: () => view.refresh(), leave: () => view.leave()};
}

class Records {
  /** @type {Draft[]} */
  #drafts = [];
  #offset = 0;
  /** @type {Map<string, number>} */
  #versions = new Map();

  /** @param {import("../../frame.js").App} app @param {string} zone */
  constructor(app, zone) {
    this.app = app;
    this.zone = zone;
    const again = settled(() => void this.refresh(0));
    this.search = h("input", {type: "search", placeholder: "name, data, comment", oninput: again});
    this.type = choice([["", "all"], ...Object.keys(TYPES).map((each) => /** @type {[string, string]} */ ([each, each]))], {onchange: again});
    this.source = choice([["", "all"], ...SOURCES.map((each) => /** @type {[string, string]} */ ([each, each]))], {onchange: again});
    this.fresh = h("tbody");
    this.rows = h("tbody");
    this.pages = h("div");
    this.count = h("span", {}, "");
    this.review = h("button", {type: "button", class: "primary", onclick: () => void this.#review()}, "Review and save");
    this.waiting = h("div", {class: "waiting", role: "region", "aria-label": "Changes not saved", hidden: true},
      this.count, h("span", {class: "push"}),
      h("button", {type: "button", onclick: () => this.#discard()}, "Discard"), this.review);
    this.may = app.api.can("record.changes");
    this.warn = (/** @type {Event} */ event) => {
      if (this.#drafts.length) event.preventDefault();
    };
    this.element = h("section", {class: "card", "aria-label": "Records"},
      h("header", {},
        h("div", {class: "bar"}, field("Search", this.search).element, field("Type", this.type).element, field("Source", this.source).element),
        this.may && h("button", {type: "button", class: "primary push", onclick: () => this.#add()}, "Add record")),
      h("datalist", {id: TYPE_LIST}, Object.keys(TYPES).map((each) => h("option", {value: each}))),
      table("Records", COLUMNS, this.fresh, this.rows), this.pages, this.waiting);
  }

  leave() {
    removeEventListener("beforeunload", this.warn);
    this.#drafts.forEach((draft) => draft.leave());
  }

  /** Read the records again; drafts stay as they are. @param {number} [offset] */
  async refresh(offset = this.#offset) {
    this.#offset = offset;
    const query = {zone_id: this.zone, text: this.search.value, type: this.type.value, source: this.source.value, offset, limit: 100};
    try {
      const page = await this.app.api.call("record.list", query, {signal: this.app.signal});
      this.#show(page);
    } catch (error) {
      notifyProblem(error);
    }
  }

  /** @param {any} page */
  #show(page) {
    const drafts = new Map(this.#drafts.filter((each) => each.record).map((each) => [each.record.id, each]));
    const known = this.#versions;
    this.#versions = new Map(page.items.map((/** @type {any} */ each) => [each.id, each.version]));
    const focused = document.activeElement;
    const rows = page.items.map((/** @type {any} */ record) => {
      const draft = drafts.get(record.id);
      if (draft) {
        draft.changedElsewhere(record);
        return draft.element;
      }
      const isNew = known.size > 0 && known.get(record.id) !== record.version;
      return this.#row(record, isNew);
    });
    fill(this.rows, rows.length ? rows : nothing(COLUMNS, this.search.value || this.type.value || this.source.value ? "No record fits." : "There is no record yet."));
    fill(this.pages, pager(page, (offset) => void this.refresh(offset)));
    if (focused instanceof HTMLElement && focused.isConnected) focused.focus();
  }

  /** @param {any} record @param {boolean} isNew */
  #row(record, isNew) {
    const what = `${record.name} ${record.data.type}`;
    const may = this.may && record.source !== "config";
    const button = (/** @type {string} */ text, /** @type {() => void} */ onclick) =>
      h("button", {type: "button", class: "small quiet", "aria-label": `${text} ${what}`, onclick}, text);
    const row = h("tr", {class: [isNew && "fresh", !record.enabled && "off"].filter(Boolean).join(" ")}, cells(COLUMNS, [
      h("span", {class: "mono"}, record.name),
      record.ttl,
      h("span", {class: "badge type"}, record.data.type),
      record.text,
      [!record.enabled && h("span", {class: "badge warn"}, "off"), record.source !== "api" && h("span", {class: "badge"}, record.source),
        record.health_check && h("span", {class: "badge good"}, "probed"), record.comment && h("span", {class: "comment"}, record.comment)],
      [
        may && button("Edit", () => this.#edit(record).focus()),
        button("History", () => this.#history(record)),
        may && button("Delete", () => this.#edit(record).remove()),
      ],
    ]));
    if (may) row.addEventListener("dblclick", () => this.#edit(record).focus());
    return row;
  }

  /** @param {any} record */
  #edit(record) {
    const draft = this.#draft(record);
    this.#drafts.push(draft);
    this.#changed();
    return draft;
  }

  #add() {
    const draft = this.#draft(null);
    this.#drafts.push(draft);
    this.fresh.prepend(draft.element);
    this.#changed();
    draft.focus();
  }

  /** @param {any} record */
  #draft(record) {
    const draft = new Draft(this.app, this.zone, record, {
      changed: () => this.#changed(),
      submit: () => void this.#review(),
      dropped: (/** @type {Draft} */ dropped) => this.#drop(dropped),
    });
    if (record) {
      const at = [...this.#versions.keys()].indexOf(record.id);
      this.rows.children[at]?.replaceWith(draft.element);
    }
    return draft;
  }

  /** @param {Draft} dropped */
  #drop(dropped) {
    dropped.leave();
    this.#drafts = this.#drafts.filter((each) => each !== dropped);
    if (!dropped.record) dropped.element.remove();
    this.#changed();
    void this.refresh();
    this.search.focus();
  }

  #discard() {
    this.#drafts.forEach((draft) => draft.leave());
    this.#drafts = [];
    fill(this.fresh);
    this.#changed();
    void this.refresh();
  }

  #changed() {
    const count = this.#drafts.length;
    this.waiting.hidden = count === 0;
    this.count.textContent = count === 1 ? "1 record is being changed." : `${count} records are being changed.`;
  }

  /** Show what all drafts do together, and save them when that is wanted. */
  async #review() {
    this.#drafts.forEach((draft) => draft.leave());
    const chosen = this.#drafts.map((draft) => ({draft, change: draft.change()})).filter(({change}) => change);
    const input = {zone_id: this.zone, changes: chosen.map(({change}) => change)};
    if (!chosen.length) {
      this.app.notify("Nothing was changed.");
      return;
    }
    const told = (/** @type {any} */ problem) => chosen.forEach(({draft}, at) => {
      if (problem.errors?.some((/** @type {any} */ each) => each.path.startsWith(`changes[${at}]`))) draft.show(problem, at);
    });
    try {
      const tried = await this.app.api.call("record.changes", input, {dryRun: true});
      ask({
        title: chosen.length === 1 ? "Save this change?" : `Save these ${chosen.length} changes?`,
        body: [h("p", {class: "muted"}, `This is what it does to ${this.zone}. Nothing is stored yet.`), difference(tried.changes), ...consequences(tried.consequences)],
        action: "Save",
        wrong: told,
        act: () => this.#save(input),
      });
    } catch (error) {
      told(error);
      notifyProblem(error);
    }
  }

  /** @param {any} input */
  async #save(input) {
    const done = await this.app.api.call("record.changes", input);
    const count = done.created.length + done.updated.length + done.deleted.length;
    this.#discard();
    this.app.notify(`${count === 1 ? "One record" : `${count} records`} of ${done.zone} saved, serial ${done.serial}.`, {
      action: this.app.api.can("change.undo") ? "Undo" : undefined,
      onaction: () => void undo(this.app, done.version),
    });
  }

  /** @param {any} record */
  #history(record) {
    const list = historyList(this.app, "record.history", {zone_id: this.zone, record_id: record.id});
    show(`History of ${record.name} ${record.data.type}`, list.element);
  }
}
