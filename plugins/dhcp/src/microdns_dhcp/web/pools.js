// How full pools are.

import {fill, h} from "../../lib/dom.js";
import {compact, count} from "../../lib/format.js";
import {notifyProblem} from "../../lib/notice.js";

const FULL_PERCENT = 90;

/** @param {import("../../frame.js").App} app @returns {import("./dhcp.js").Card} */
export function poolsCard(app) {
  const list = h("ul", {class: "pools"});
  const refresh = async () => {
    try {
      const page = await app.api.call("pool.list", {limit: 1000}, {signal: app.signal});
      fill(list, page.items.length ? page.items.map(item) : h("li", {class: "empty"}, "There is no pool yet."));
    } catch (error) {
      notifyProblem(error);
    }
  };
  return {element: h("section", {class: "card", "aria-label": "Pools"}, h("header", {}, h("h2", {}, "Pools")), list), refresh};
}

/** @param {any} shown */
function item({pool, size, free, used_percent: used}) {
  const range = pool.range_start ? `${pool.range_start} – ${pool.range_end}` : "the whole subnet";
  const exact = size < 1e6 ? count : compact;
  return h("li", {},
    h("div", {class: "pool-name"}, h("strong", {class: "mono"}, pool.subnet), h("span", {class: "muted mono"}, range),
      pool.kind && pool.kind !== "address" && h("span", {class: "badge"}, pool.kind)),
    h("meter", {min: 0, max: 100, value: used, high: FULL_PERCENT, optimum: 0, "aria-label": `Use of ${pool.subnet}`, class: used >= FULL_PERCENT ? "full" : ""}),
    h("span", {class: "pool-figures"}, h("strong", {}, `${used.toFixed(used < 10 ? 1 : 0)} %`), h("span", {class: "muted"}, ` ${exact(size - free)} of ${exact(size)} in use`)));
}
