// The log of the running process, with filters; new records as they come.

import {fill, h} from "../../lib/dom.js";
import {choice, field, settled} from "../../lib/fields.js";
import {fromNs, when} from "../../lib/format.js";
import {notifyProblem} from "../../lib/notice.js";
import {events} from "../../lib/stream.js";

const SHOWN_MAX = 1000;
const KINDS = /** @type {Record<string, string>} */ ({error: "bad", warn: "warn", info: "good"});

/** @param {HTMLElement} root @param {import("../../frame.js").App} app */
export default function logs(root, app) {
  const list = h("ul", {class: "timeline logs", "aria-label": "Log"});
  const again = settled(() => void refresh());
  const level = choice([["debug", "debug and up"], ["info", "info and up"], ["warn", "warn and up"], ["error", "error"]], {onchange: again});
  level.value = "info";
  const logger = h("input", {type: "search", placeholder: "microdns.dns", spellcheck: false, oninput: again});
  const text = h("input", {type: "search", placeholder: "any text", oninput: again});
  const follow = h("input", {type: "checkbox", checked: true, onchange: again});
  let reading = new AbortController();

  const wanted = () => Object.fromEntries(Object.entries({level: level.value, logger: logger.value.trim(), text: text.value}).filter(([, value]) => value));
  const refresh = async () => {
    reading.abort();
    const {signal} = (reading = new AbortController());
    try {
      const records = await app.api.call("log.list", {...wanted(), limit: 200}, {signal});
      fill(list, records.length ? records.reverse().map(item) : h("li", {}, "No such records."));
      if (follow.checked && app.api.can("log.follow")) await read(signal);
    } catch (error) {
      if (!signal.aborted && app.live.state === "live") notifyProblem(error);
    }
  };
  const read = async (/** @type {AbortSignal} */ signal) => {
    const {url} = app.api.request("log.follow", wanted());
    for await (const message of events(url, "", signal)) {
      if (!message.data) continue;
      if (list.querySelector("li:not([data-sequence])")) fill(list);
      list.prepend(item(JSON.parse(message.data)));
      while (list.children.length > SHOWN_MAX) list.lastElementChild?.remove();
    }
  };

  fill(root, h("h1", {}, "Logs"),
    h("section", {class: "card", "aria-label": "Log"},
      h("header", {}, h("div", {class: "bar"},
        field("Level", level).element, field("Logger", logger).element, field("Contains", text).element,
        h("label", {class: "check"}, follow, "Follow"))),
      list));
  void refresh();
  const end = app.live.onResync(() => void refresh());
  return {leave: () => {
    end();
    reading.abort();
  }};
}

/** @param {any} record */
function item(record) {
  const moment = fromNs(record.time_ns);
  const fields = Object.entries(record.fields ?? {});
  const detail = [fields.map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`).join("\n"), record.traceback].filter(Boolean).join("\n\n");
  const message = [h("span", {class: `badge ${KINDS[record.level] ?? ""}`}, record.level), " ", record.message];
  return h("li", {"data-sequence": record.sequence},
    h("time", {datetime: moment.toISOString(), title: moment.toLocaleString()}, when(moment)),
    h("div", {class: "what"}, detail ? h("details", {}, h("summary", {}, message), h("pre", {}, detail)) : message),
    h("span", {class: "who mono"}, record.event || record.logger));
}
