// What happens, as it happens; back from the newest as far as the journal reaches.

import {fill, h} from "../../lib/dom.js";
import {field, settled} from "../../lib/fields.js";
import {fromNs, when} from "../../lib/format.js";
import {notifyProblem} from "../../lib/notice.js";
import {summary} from "../../lib/summary.js";

const SHOWN_MAX = 500;

/** @param {HTMLElement} root @param {import("../../frame.js").App} app */
export default function events(root, app) {
  const list = h("ul", {class: "timeline", "aria-label": "Events"});
  const type = h("input", {type: "search", placeholder: "zone.*", spellcheck: false, oninput: settled(() => void refresh())});
  const text = h("input", {type: "search", placeholder: "name, address, who", oninput: settled(() => show())});
  const pause = h("button", {type: "button", "aria-pressed": "false", onclick: () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Resume" : "Pause";
    if (!paused) show();
  }}, "Pause");
  const state = h("p", {class: "muted", role: "status"});
  /** @type {import("../../lib/live.js").Entry[]} */
  let entries = [];
  let paused = false;
  let arrived = 0;

  const show = () => {
    arrived = 0;
    const chosen = entries.filter((entry) => fits(entry, text.value));
    fill(list, chosen.length ? chosen.map(item) : h("li", {}, "No such events."));
    state.textContent = "";
  };
  const refresh = async () => {
    try {
      const wanted = type.value.trim();
      const page = await app.api.call("journal.list", {newest: true, limit: 200, type: wanted ? [wanted] : []}, {signal: app.signal});
      entries = page.items.reverse();
      show();
    } catch (error) {
      notifyProblem(error);
    }
  };
  const came = (/** @type {import("../../lib/live.js").Entry} */ entry) => {
    if (!typeFits(entry.type, type.value.trim())) return;
    entries = [entry, ...entries].slice(0, SHOWN_MAX);
    arrived += 1;
    if (paused) {
      state.textContent = `${arrived} more since the pause.`;
      return;
    }
    if (!fits(entry, text.value)) return;
    if (list.querySelector("li:not([data-sequence])")) fill(list);
    list.prepend(item(entry));
    while (list.children.length > SHOWN_MAX) list.lastElementChild?.remove();
  };

  fill(root, h("h1", {}, "Events"),
    h("section", {class: "card", "aria-label": "Events"},
      h("header", {}, h("div", {class: "bar"}, field("Type", type).element, field("Contains", text).element, pause), state),
      list));
  void refresh();
  const ends = [app.live.on("", came), app.live.onResync(() => void refresh())];
  return {leave: () => ends.forEach((end) => end())};
}

/** @param {import("../../lib/live.js").Entry} entry @param {string} text */
function fits(entry, text) {
  return !text || JSON.stringify(entry).toLowerCase().includes(text.toLowerCase());
}

/** `zone.*` means all that begin so, as the server has it. @param {string} type @param {string} wanted */
function typeFits(type, wanted) {
  return !wanted || (wanted.endsWith("*") ? type.startsWith(wanted.slice(0, -1)) : type === wanted);
}

/** @param {import("../../lib/live.js").Entry} entry */
function item(entry) {
  const moment = fromNs(entry.time_ns);
  const {name, interface: by, address} = entry.actor;
  const detail = h("pre", {});
  const more = h("details", {ontoggle: () => {
    detail.textContent = JSON.stringify(entry.event, null, 2);
  }}, h("summary", {}, h("span", {class: "badge"}, entry.type), " ", summary(entry)), detail);
  return h("li", {"data-sequence": entry.sequence},
    h("time", {datetime: moment.toISOString(), title: moment.toLocaleString()}, when(moment)),
    h("div", {class: "what"}, more),
    h("span", {class: "who"}, [name, by && by !== name && `over ${by}`, address && `from ${address}`].filter(Boolean).join(" ")));
}
