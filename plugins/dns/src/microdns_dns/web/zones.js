// The list of zones, and making one.

import {ask} from "../../lib/dialog.js";
import {fill, h} from "../../lib/dom.js";
import {field, settled} from "../../lib/fields.js";
import {count} from "../../lib/format.js";
import {notifyProblem} from "../../lib/notice.js";
import {cells, nothing, pager, table} from "../../lib/table.js";
import {explainBox} from "./explain.js";

/** @type {import("../../lib/table.js").Column[]} */
const COLUMNS = [
  {title: "Zone"},
  {title: "Records", class: "number"},
  {title: "Serial", class: "number"},
  {title: "Source"},
  {title: "Changed"},
];

/** @param {HTMLElement} root @param {import("../../frame.js").App} app */
export function zonesView(root, app) {
  const rows = h("tbody");
  const pages = h("div");
  const search = h("input", {type: "search", placeholder: "name or mail address", oninput: settled(() => refresh(0))});
  let shown = 0;

  const refresh = async (offset = shown) => {
    shown = offset;
    try {
      const page = await app.api.call("zone.list", {text: search.value, offset, limit: 50}, {signal: app.signal});
      fill(rows, page.items.length ? page.items.map(row) : nothing(COLUMNS, search.value ? "No zone fits." : "There is no zone yet."));
      fill(pages, pager(page, refresh));
    } catch (error) {
      notifyProblem(error);
    }
  };

  const soon = settled(() => void refresh());
  fill(root,
    h("div", {class: "heading"}, h("h1", {}, "Zones"), h("span", {class: "push"}),
      app.api.can("zone.create") && h("button", {type: "button", class: "primary", onclick: () => create(app)}, "New zone")),
    explainBox(app, ""),
    h("section", {class: "card", "aria-label": "Zones"},
      h("header", {}, h("div", {class: "bar"}, field("Search", search).element)),
      table("Zones", COLUMNS, rows), pages));
  void refresh();
  const ends = [app.live.on("zone.", soon), app.live.onResync(soon)];
  return {leave: () => ends.forEach((end) => end())};
}

/** @param {any} zone */
function row(zone) {
  return h("tr", {}, cells(COLUMNS, [
    h("a", {href: `#/dns/${encodeURIComponent(zone.name)}`}, zone.name),
    count(zone.record_count),
    zone.soa.serial,
    h("span", {class: "badge"}, zone.source),
    h("time", {datetime: zone.updated_at}, new Date(zone.updated_at).toLocaleString()),
  ]));
}

/** Ask for a zone's name and settings; the server checks them as they are typed. @param {import("../../frame.js").App} app */
function create(app) {
  const check = settled(() => void tried());
  const typed = (/** @type {Record<string, any>} */ more = {}) => h("input", {oninput: check, ...more});
  const name = field("Name", typed({autocomplete: "off", spellcheck: false, autofocus: true, placeholder: "example.com"}));
  const ttl = field("Default TTL", typed({type: "number", min: 0, value: 300}), "Seconds, for records without one.");
  const mname = field("Primary server", typed({placeholder: "ns1 of the zone"}));
  const rname = field("Responsible", typed({placeholder: "hostmaster of the zone"}), "A mail address.");

  const wanted = () => {
    const soa = Object.fromEntries(Object.entries({mname: mname.input.value, rname: rname.input.value}).filter(([, value]) => value));
    return {name: name.input.value, default_ttl: Number(ttl.input.value), soa};
  };
  const told = (/** @type {import("../../lib/api.js").Problem | null} */ problem) => {
    const general = problem && !problem.errors.length ? problem.message : "";
    name.wrong(problem?.about("name") || (name.input.value ? general : ""));
    ttl.wrong(problem?.about("default_ttl") ?? "");
    mname.wrong(problem?.about("soa.mname") ?? "");
    rname.wrong(problem?.about("soa.rname") ?? "");
  };
  const tried = () => app.api.call("zone.create", wanted(), {dryRun: true, signal: app.signal}).then(() => told(null), told);

  ask({
    title: "New zone",
    body: [name.element, h("div", {class: "columns"}, ttl.element, mname.element, rname.element)],
    action: "Create zone",
    wrong: told,
    act: async () => {
      check.cancel();
      const zone = await app.api.call("zone.create", wanted());
      app.notify(`Zone ${zone.name} was created.`);
      app.go(zone.name);
    },
  });
}
