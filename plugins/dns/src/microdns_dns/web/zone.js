// One zone: its records or its history, its settings, and deleting it.

import {ask} from "../../lib/dialog.js";
import {fill, h} from "../../lib/dom.js";
import {field, settled} from "../../lib/fields.js";
import {count} from "../../lib/format.js";
import {notifyProblem} from "../../lib/notice.js";
import {consequences, difference} from "./difference.js";
import {explainBox} from "./explain.js";
import {historyList} from "./history.js";
import {recordsView} from "./records.js";

const PARTS = /** @type {const} */ ([["records", "Records"], ["history", "History"]]);

/**
 * @param {HTMLElement} root
 * @param {import("../../frame.js").App} app
 * @param {string} name
 * @param {string} part
 */
export function zoneView(root, app, name, part) {
  const facts = h("p", {class: "muted"});
  const actions = h("div", {class: "bar middle push"});
  /** @type {any} */
  let zone = null;

  const refresh = async () => {
    try {
      zone = await app.api.call("zone.get", {id: name}, {signal: app.signal});
      facts.textContent = `Serial ${zone.soa.serial} · ${count(zone.record_count)} records · ${zone.soa.mname} · source ${zone.source}`;
      fill(actions, buttons(app, zone));
    } catch (error) {
      notifyProblem(error);
    }
  };

  const inner = part === "history" ? historyList(app, "zone.history", {id: name}) : recordsView(app, name);
  const links = PARTS.map(([id, title]) =>
    h("li", {}, h("a", {href: `#/dns/${encodeURIComponent(name)}/${id}`, "aria-current": part === id && "page"}, title)));
  fill(root,
    h("div", {class: "heading"},
      h("div", {}, h("nav", {"aria-label": "Path", class: "crumbs"}, h("a", {href: "#/dns"}, "Zones"), " /"), h("h1", {}, name), facts),
      actions),
    explainBox(app, name),
    h("nav", {class: "parts", "aria-label": "Parts of the zone"}, h("ul", {}, links)),
    part === "history" ? h("section", {class: "card", "aria-label": "History"}, inner.element) : inner.element);
  void refresh();

  const soon = settled(() => {
    void refresh();
    void inner.refresh();
  }, 60);
  const ends = [
    app.live.on("zone.", (entry) => {
      if (concerns(entry, name)) soon();
    }),
    app.live.onResync(soon),
  ];
  return {
    leave: () => {
      ends.forEach((end) => end());
      inner.leave?.();
    },
  };
}

/** @param {import("../../lib/live.js").Entry} entry @param {string} name */
function concerns({event}, name) {
  return [event.zone, event.zone?.name, event.after?.name].includes(name);
}

/** @param {import("../../frame.js").App} app @param {any} zone */
function buttons(app, zone) {
  return [
    app.api.can("zone.export") && h("button", {type: "button", onclick: () => void exportFile(app, zone)}, "Export"),
    zone.source !== "config" && app.api.can("zone.update") && h("button", {type: "button", onclick: () => settings(app, zone)}, "Settings"),
    zone.source !== "config" && app.api.can("zone.delete") && h("button", {type: "button", class: "danger", onclick: () => void remove(app, zone)}, "Delete zone"),
  ];
}

const NUMBERS = ["refresh", "retry", "expire", "minimum"];

/** @param {import("../../frame.js").App} app @param {any} zone */
function settings(app, zone) {
  const shown = h("div");
  const check = settled(() => void tried());
  const inputs = {
    default_ttl: field("Default TTL", h("input", {type: "number", min: 0, value: zone.default_ttl, oninput: check}), "Seconds."),
    mname: field("Primary server", h("input", {value: zone.soa.mname, oninput: check})),
    rname: field("Responsible", h("input", {value: zone.soa.rname, oninput: check})),
    ...Object.fromEntries(NUMBERS.map((key) => [key, field(`SOA ${key}`, h("input", {type: "number", min: 0, value: zone.soa[key], oninput: check}), "Seconds.")])),
  };
  const wanted = () => {
    const {default_ttl, mname, rname, ...rest} = inputs;
    const soa = {mname: mname.input.value, rname: rname.input.value,
      ...Object.fromEntries(Object.entries(rest).map(([key, each]) => [key, Number(each.input.value)]))};
    return {id: zone.id, default_ttl: Number(default_ttl.input.value), soa};
  };
  const told = (/** @type {import("../../lib/api.js").Problem} */ problem) => {
    for (const [key, each] of Object.entries(inputs)) each.wrong(problem.about(key, `soa.${key}`));
  };
  const tried = async () => {
    try {
      const would = await app.api.call("zone.update", wanted(), {dryRun: true});
      for (const each of Object.values(inputs)) each.wrong("");
      fill(shown, difference(would.changes), ...consequences(would.consequences));
    } catch (error) {
      told(/** @type {any} */ (error));
    }
  };
  ask({
    title: `Settings of ${zone.name}`,
    body: [h("div", {class: "columns"}, Object.values(inputs).map((each) => each.element)), shown],
    action: "Save",
    wrong: told,
    act: async () => {
      check.cancel();
      await app.api.call("zone.update", wanted(), {version: zone.version});
      app.notify(`The settings of ${zone.name} were saved.`);
    },
  });
}

/** @param {import("../../frame.js").App} app @param {any} zone */
async function remove(app, zone) {
  const typed = field(`Write ${zone.name} to confirm`, h("input", {autocomplete: "off", spellcheck: false}));
  ask({
    title: `Delete ${zone.name}?`,
    body: [h("p", {}, `The zone goes with its ${count(zone.record_count)} records, and its names are answered no more. This can't be taken back.`), typed.element],
    action: "Delete zone",
    danger: true,
    act: async () => {
      if (typed.input.value !== zone.name) throw new Error("The name is not the zone's.");
      await app.api.call("zone.delete", {id: zone.id});
      app.notify(`Zone ${zone.name} was deleted.`);
      app.go();
    },
  });
}

/** @param {import("../../frame.js").App} app @param {any} zone */
async function exportFile(app, zone) {
  try {
    const exported = await app.api.call("zone.export", {id: zone.id});
    const text = typeof exported === "string" ? exported : exported.text;
    const url = URL.createObjectURL(new Blob([text], {type: "text/plain"}));
    h("a", {href: url, download: `${zone.name}.zone`}).click();
    URL.revokeObjectURL(url);
  } catch (error) {
    notifyProblem(error);
  }
}
