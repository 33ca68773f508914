// What runs, its facts and figures; stopping and starting it.

import {ask} from "../../lib/dialog.js";
import {fill, h} from "../../lib/dom.js";
import {compact} from "../../lib/format.js";
import {notifyProblem} from "../../lib/notice.js";
import {every} from "../../lib/repeat.js";

const KINDS = /** @type {Record<string, string>} */ ({running: "good", failed: "bad", restarting: "bad"});

/** @param {HTMLElement} root @param {import("../../frame.js").App} app */
export default function plugins(root, app) {
  const grid = h("div", {class: "plugins"});
  /** @type {Map<string, ReturnType<typeof card>>} */
  const cards = new Map();
  const refresh = async () => {
    const found = await app.api.call("plugin.list", {}, {signal: app.signal});
    const names = found.map((/** @type {any} */ each) => each.name);
    for (const plugin of found) {
      if (!cards.has(plugin.name)) cards.set(plugin.name, card(app, refresh));
      cards.get(plugin.name)?.show(plugin);
    }
    const elements = names.map((/** @type {string} */ name) => cards.get(name)?.element);
    if (elements.length !== grid.children.length) fill(grid, elements);
  };
  fill(root, h("h1", {}, "Plugins"), grid);
  return {leave: every(3000, refresh, app.signal)};
}

/** @param {import("../../frame.js").App} app @param {() => Promise<void>} refresh */
function card(app, refresh) {
  const title = h("h2");
  const state = h("span", {class: "badge"});
  const actions = h("span", {class: "push"});
  const error = h("p", {class: "problem"});
  const facts = h("dl", {class: "facts"});
  const figures = h("div");
  let name = "";
  let shownState = "";
  const measure = h("details", {ontoggle: () => void (measure.open && metrics(app, name, figures))}, h("summary", {}, "Metrics"), figures);
  const element = h("section", {class: "card"}, h("header", {}, title, state, actions),
    h("div", {class: "body"}, error, facts, app.api.can("metric.list") && measure));
  const show = (/** @type {any} */ plugin) => {
    name = plugin.name;
    element.setAttribute("aria-label", `Plugin ${name}`);
    title.textContent = name;
    state.className = `badge ${KINDS[plugin.state] ?? "warn"}`;
    state.textContent = plugin.state;
    error.textContent = plugin.error;
    const rows = {version: plugin.version, since: plugin.since && new Date(plugin.since).toLocaleString(), restarts: plugin.restarts || "", ...plugin.facts};
    fill(facts, Object.entries(rows).filter(([, value]) => value !== "" && value !== undefined).map(([key, value]) =>
      h("div", {}, h("dt", {}, key.replaceAll("_", " ")), h("dd", {}, plain(value)))));
    if (plugin.state !== shownState) fill(actions, button(app, plugin, refresh));
    shownState = plugin.state;
  };
  return {element, show};
}

/** @param {unknown} value @returns {string} */
function plain(value) {
  if (Array.isArray(value)) return value.map(plain).join(", ") || "none";
  if (typeof value === "object" && value) return Object.values(value).map(plain).join(" ");
  return String(value);
}

/** @param {import("../../frame.js").App} app @param {any} plugin @param {() => Promise<void>} refresh */
function button(app, plugin, refresh) {
  if (plugin.state === "stopped" && app.api.can("plugin.start")) {
    return h("button", {type: "button", class: "small", "aria-label": `Start ${plugin.name}`, onclick: async () => {
      await app.api.call("plugin.start", {name: plugin.name}).catch(notifyProblem);
      await Promise.all([refresh(), app.renew()]);
    }}, "Start");
  }
  // Without these two nobody could start them here again.
  if (["rest", "dashboard"].includes(plugin.name) || plugin.state === "stopped" || !app.api.can("plugin.stop")) return null;
  return h("button", {type: "button", class: "small", "aria-label": `Stop ${plugin.name}`, onclick: () => ask({
    title: `Stop ${plugin.name}?`,
    body: h("p", {}, "What it serves is not served until it is started again. Plugins that need it stop as well."),
    action: "Stop",
    danger: true,
    act: async () => {
      await app.api.call("plugin.stop", {name: plugin.name, with_dependants: true});
      await Promise.all([refresh(), app.renew()]);
    },
  })}, "Stop");
}

/** @param {import("../../frame.js").App} app @param {string} plugin @param {HTMLElement} place */
async function metrics(app, plugin, place) {
  try {
    const found = await app.api.call("metric.list", {plugin}, {signal: app.signal});
    const rows = found.flatMap((/** @type {any} */ metric) => metric.samples.map((/** @type {any} */ sample) => h("tr", {},
      h("td", {class: "mono", title: metric.help}, metric.name, h("span", {class: "muted"}, Object.entries(sample.labels).map(([key, value]) => ` ${key}=${value}`).join(""))),
      h("td", {class: "number"}, compact(sample.value)))));
    fill(place, rows.length ? h("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": `Metrics of ${plugin}`}, h("table", {}, h("caption", {class: "unseen"}, `Metrics of ${plugin}`), h("tbody", {}, rows))) : h("p", {class: "muted"}, "It counts nothing."));
  } catch (error) {
    notifyProblem(error);
  }
}
