// What is going on: figures, charts, plugins, the last changes.  Parts whose operation is not there
// are left out.

import {Chart} from "../../lib/chart.js";
import {fill, h} from "../../lib/dom.js";
import {compact, count, duration, fromNs, latency, when} from "../../lib/format.js";
import {notifyProblem} from "../../lib/notice.js";
import {every} from "../../lib/repeat.js";
import {summary} from "../../lib/summary.js";

const POINTS_SHOWN = 180;
const STATUS_MS = 5000;
const CHANGES_SHOWN = 12;
const RCODES = [["NOERROR", "--good"], ["NXDOMAIN", "--warn"], ["SERVFAIL", "--bad"], ["REFUSED", "--line-strong"]];

/** @param {HTMLElement} root @param {import("../../frame.js").App} app */
export default function overview(root, app) {
  const figures = h("dl", {class: "figures"});
  const charts = queries(app, figures);
  const lists = [state(app, figures), changes(app)];
  const parts = [charts, ...lists].filter((part) => part !== null);
  fill(root, h("h1", {}, "Overview"), figures, charts?.element, h("div", {class: "halves"}, lists.map((part) => part?.element)));
  return {leave: () => parts.forEach((part) => part.leave())};
}

/** A figure in a card; `set` shows its value. @param {string} name */
function figure(name) {
  const value = h("dd", {}, "–");
  const element = h("div", {class: "card figure"}, h("dt", {}, name), value);
  return {element, set: (/** @type {import("../../lib/dom.js").Child[]} */ ...shown) => fill(value, ...shown)};
}

/** Queries and their latency. @param {import("../../frame.js").App} app @param {HTMLElement} figures */
function queries(app, figures) {
  if (!app.api.can("query.stats")) return null;
  const rate = figure("Queries / s");
  const slowest = figure("99 % within");
  const failed = figure("SERVFAIL / s");
  const total = figure("Queries in all");
  figures.append(rate.element, slowest.element, failed.element, total.element);
  const rates = new Chart("Queries per second", RCODES.map(([label, colour]) => ({label, colour, filled: label === "NOERROR"})).concat({label: "other", colour: "--accent", filled: false}), compact);
  const times = new Chart("Latency", [
    {label: "50 %", colour: "--accent"}, {label: "95 %", colour: "--warn"}, {label: "99 %", colour: "--bad"}], latency);
  /** @type {any[]} */
  let points = [];

  const show = (/** @type {any} */ stats) => {
    const last = points.at(-1);
    if (!last) return;
    rate.set(compact(last.queries));
    slowest.set(last.latency_p99 === null ? "–" : latency(last.latency_p99));
    failed.set(compact(last.rcodes.SERVFAIL ?? 0));
    total.set(count(stats.total));
    const at = points.map((point) => point.time_ms / 1000);
    const named = RCODES.map(([name]) => points.map((point) => point.rcodes[name] ?? 0));
    const other = points.map((point) => Math.max(0, point.queries - RCODES.reduce((sum, [name]) => sum + (point.rcodes[name] ?? 0), 0)));
    rates.set([at, ...named, other]);
    times.set([at, ...["latency_p50", "latency_p95", "latency_p99"].map((key) => points.map((point) => point[key]))]);
  };
  const refresh = async () => {
    const stats = await app.api.call("query.stats", {after: points.at(-1)?.number ?? 0}, {signal: app.signal});
    if (stats.points[0]?.number <= (points.at(-1)?.number ?? 0)) points = []; // the server has started anew
    points = [...points, ...stats.points].slice(-POINTS_SHOWN);
    show(stats);
  };
  const stop = every(STATUS_MS, refresh, app.signal);
  return {element: h("div", {class: "charts"}, rates.element, times.element), leave: () => {
    stop();
    rates.leave();
    times.leave();
  }};
}

const BAD = ["failed", "restarting"];

/** The instance, its caches and its plugins. @param {import("../../frame.js").App} app @param {HTMLElement} figures */
function state(app, figures) {
  const up = figure("Up for");
  const plugins = figure("Plugins");
  const store = figure("Store");
  const cache = figure("Cache hits");
  figures.append(up.element, plugins.element, store.element);
  const list = h("ul", {class: "timeline health"});
  const refresh = async () => {
    const status = await app.api.call("status.get", {}, {signal: app.signal});
    const bad = status.plugins.filter((/** @type {any} */ each) => BAD.includes(each.state));
    up.set(duration(status.uptime_seconds));
    plugins.set(bad.length ? `${bad.length} failing` : `${status.plugins.length}`, h("small", {}, bad.length ? "" : " all well"));
    store.set(status.store, h("small", {}, ` at ${count(status.sequence)}`));
    fill(list, status.plugins.map(health));
    const hits = await cacheHits(app);
    if (hits !== null && !cache.element.isConnected) figures.append(cache.element);
    if (hits !== null) cache.set(`${(hits * 100).toFixed(1)} %`);
  };
  const stop = every(STATUS_MS, refresh, app.signal);
  return {element: h("section", {class: "card", "aria-label": "Plugins"}, h("header", {}, h("h2", {}, "Plugins"),
    app.api.session.tabs.some((tab) => tab.id === "plugins") && h("a", {class: "push", href: "#/plugins"}, "All about them")), list), leave: stop};
}

/** @param {any} plugin */
function health(plugin) {
  const kind = plugin.state === "running" ? "good" : BAD.includes(plugin.state) ? "bad" : "warn";
  const facts = Object.entries(plugin.facts).filter(([, value]) => typeof value === "number").map(([name, value]) => `${name.replaceAll("_", " ")} ${count(/** @type {number} */ (value))}`);
  return h("li", {}, h("strong", {}, plugin.name), h("span", {class: "what muted"}, plugin.error || facts.join(" · ")), h("span", {class: `badge ${kind}`}, plugin.state));
}

/** The share of hits of whatever counts `…_cache_hits_total` and `…_cache_misses_total`; null without. @param {import("../../frame.js").App} app */
async function cacheHits(app) {
  if (!app.api.can("metric.list")) return null;
  const metrics = await app.api.call("metric.list", {name: "*_cache_*_total"}, {signal: app.signal});
  const sum = (/** @type {string} */ end) => metrics.filter((/** @type {any} */ each) => each.name.endsWith(end))
    .flatMap((/** @type {any} */ each) => each.samples).reduce((/** @type {number} */ all, /** @type {any} */ sample) => all + sample.value, 0);
  const [hits, misses] = [sum("_hits_total"), sum("_misses_total")];
  return hits + misses ? hits / (hits + misses) : null;
}

/** The last entries of the journal. @param {import("../../frame.js").App} app */
function changes(app) {
  if (!app.api.can("journal.list")) return null;
  const list = h("ul", {class: "timeline"});
  /** @type {import("../../lib/live.js").Entry[]} */
  let entries = [];
  const show = () => fill(list, entries.length ? entries.map(change) : h("li", {}, "Nothing has happened yet."));
  const refresh = () => app.api.call("journal.list", {newest: true, limit: CHANGES_SHOWN}, {signal: app.signal}).then((page) => {
    entries = page.items.reverse();
    show();
  }, notifyProblem);
  void refresh();
  const ends = [
    app.live.on("", (entry) => {
      if (!entry.sequence) return;
      entries = [entry, ...entries.filter((each) => each.sequence !== entry.sequence)].slice(0, CHANGES_SHOWN);
      show();
    }),
    app.live.onResync(() => void refresh()),
  ];
  return {
    element: h("section", {class: "card", "aria-label": "Recent changes"}, h("header", {}, h("h2", {}, "Recent changes"), h("a", {class: "push", href: "#/events"}, "All events")), list),
    leave: () => ends.forEach((end) => end()),
  };
}

/** @param {import("../../lib/live.js").Entry} entry */
function change(entry) {
  const moment = fromNs(entry.time_ns);
  return h("li", {},
    h("time", {datetime: moment.toISOString(), title: moment.toLocaleString()}, when(moment)),
    h("span", {class: "what"}, h("span", {class: "badge"}, entry.type), " ", summary(entry)),
    h("span", {class: "who"}, entry.actor.name));
}
