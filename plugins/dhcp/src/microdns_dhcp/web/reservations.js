// Addresses that are kept for one client.

import {ask} from "../../lib/dialog.js";
import {fill, h} from "../../lib/dom.js";
import {field, settled} from "../../lib/fields.js";
import {notifyProblem} from "../../lib/notice.js";
import {cells, nothing, pager, table} from "../../lib/table.js";

/** @type {import("../../lib/table.js").Column[]} */
const COLUMNS = [
  {title: "Address"},
  {title: "Client"},
  {title: "Name"},
  {title: "Source"},
  {title: "Actions", class: "actions", quiet: true},
];

/** @param {import("../../frame.js").App} app @returns {import("./dhcp.js").Card} */
export function reservationsCard(app) {
  const search = h("input", {type: "search", placeholder: "address, client, name", oninput: settled(() => void refresh(0))});
  const rows = h("tbody");
  const pages = h("div");
  let shown = 0;
  const refresh = async (offset = shown) => {
    shown = offset;
    try {
      const page = await app.api.call("reservation.list", {text: search.value.trim(), offset, limit: 100}, {signal: app.signal});
      fill(rows, page.items.length ? page.items.map((/** @type {any} */ each) => row(app, each)) : nothing(COLUMNS, "Nothing is reserved."));
      fill(pages, pager(page, refresh));
    } catch (error) {
      notifyProblem(error);
    }
  };
  return {
    refresh,
    element: h("section", {class: "card", "aria-label": "Reservations"},
      h("header", {}, h("h2", {}, "Reservations"), h("div", {class: "bar"}, field("Search", search).element),
        app.api.can("reservation.create") && h("button", {type: "button", class: "push", onclick: () => create(app, refresh)}, "Reserve an address")),
      table("Reservations", COLUMNS, rows), pages),
  };
}

/** @param {import("../../frame.js").App} app @param {any} each */
function row(app, each) {
  const client = [each.mac, each.client_id, each.duid, each.circuit_id, each.remote_id].find(Boolean) ?? "";
  const address = each.ip || each.prefix || "";
  const may = (each.source ?? "api") !== "config" && app.api.can("reservation.delete");
  return h("tr", {}, cells(COLUMNS, [
    h("span", {class: "mono"}, address),
    h("span", {class: "mono"}, client),
    each.hostname,
    h("span", {class: "badge"}, each.source ?? "api"),
    may && h("button", {type: "button", class: "small quiet", "aria-label": `Delete the reservation of ${address || client}`, onclick: () => remove(app, each, address || client)}, "Delete"),
  ]));
}

/** @param {import("../../frame.js").App} app @param {() => Promise<void>} refresh */
function create(app, refresh) {
  const typed = (/** @type {Record<string, any>} */ more) => h("input", {autocomplete: "off", spellcheck: false, ...more});
  const fields = {
    mac: field("Hardware address", typed({placeholder: "02:00:00:00:00:01", autofocus: true})),
    ip: field("Address", typed({placeholder: "192.0.2.10"}), "Without one, a free one is taken."),
    hostname: field("Name", typed({placeholder: "printer"})),
  };
  const told = (/** @type {import("../../lib/api.js").Problem | null} */ problem) => {
    for (const [name, each] of Object.entries(fields)) each.wrong(problem?.about(name) ?? "");
  };
  const wanted = () => Object.fromEntries(Object.entries(fields).map(([name, each]) => [name, each.input.value.trim()]).filter(([, value]) => value));
  const check = settled(() => void app.api.call("reservation.create", wanted(), {dryRun: true}).then(() => told(null), told));
  Object.values(fields).forEach((each) => each.input.addEventListener("input", check));
  ask({
    title: "Reserve an address",
    body: h("div", {class: "columns"}, Object.values(fields).map((each) => each.element)),
    action: "Reserve",
    wrong: told,
    act: async () => {
      check.cancel();
      const made = await app.api.call("reservation.create", wanted());
      app.notify(`${made.ip ?? "An address"} is reserved.`);
      await refresh();
    },
  });
}

/** @param {import("../../frame.js").App} app @param {any} each @param {string} what */
function remove(app, each, what) {
  ask({
    title: `Delete the reservation of ${what}?`,
    body: h("p", {}, "Its client keeps the address until its lease ends."),
    action: "Delete",
    danger: true,
    act: () => app.api.call("reservation.delete", {id: each.id}),
  });
}
