// What happened to a zone or a record: who, when, what, with the way back.

import {fill, h} from "../../lib/dom.js";
import {when} from "../../lib/format.js";
import {notifyProblem} from "../../lib/notice.js";
import {difference} from "./difference.js";
import {undo} from "./undo.js";

const UNDOABLE = ["zone.records_changed", "zone.updated"];

/**
 * A list that is filled when its answer comes.
 * @param {import("../../frame.js").App} app
 * @param {string} operation `zone.history` or `record.history`
 * @param {Record<string, string>} input
 */
export function historyList(app, operation, input) {
  const list = h("ul", {class: "timeline"}, h("li", {}, "Loading…"));
  const refresh = async () => {
    try {
      const found = await app.api.call(operation, {...input, limit: 100}, {signal: app.signal});
      fill(list, found.items.length ? found.items.map((/** @type {any} */ each) => item(app, each)) : h("li", {}, "The journal holds nothing about it."));
      if (!found.complete) list.append(h("li", {class: "muted"}, "The journal does not reach back further, or there is more."));
    } catch (error) {
      notifyProblem(error);
    }
  };
  void refresh();
  return {element: list, refresh};
}

/** @param {import("../../frame.js").App} app @param {any} happened */
function item(app, happened) {
  const moment = new Date(happened.time);
  const {name, interface: by, address} = happened.actor;
  const canUndo = UNDOABLE.includes(happened.type) && app.api.can("change.undo");
  return h("li", {},
    h("time", {datetime: happened.time, title: moment.toLocaleString()}, when(moment)),
    h("div", {class: "what"},
      h("details", {}, h("summary", {}, happened.event.summary ?? happened.type), difference([happened])),
      h("span", {class: "who"}, [name, by && by !== name && `over ${by}`, address && `from ${address}`, `· entry ${happened.sequence}`].filter(Boolean).join(" "))),
    canUndo && h("button", {type: "button", class: "small", "aria-label": `Undo entry ${happened.sequence}`, onclick: () => void undo(app, happened.sequence)}, "Undo"));
}
