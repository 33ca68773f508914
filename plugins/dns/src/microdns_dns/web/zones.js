// The list of zones.

import {fill, h} from "../../lib/dom.js";
import {notifyProblem} from "../../lib/notice.js";

/** @param {HTMLElement} root @param {import("../../frame.js").App} app */
export function zonesView(root, app) {
  const rows = h("tbody");
  const show = async () => {
    try {
      const page = await app.api.call("zone.list", {}, {signal: app.signal});
      fill(rows, page.items.map((/** @type {any} */ zone) => h("tr", {}, h("td", {}, zone.name), h("td", {}, zone.soa.serial))));
    } catch (error) {
      notifyProblem(error);
    }
  };
  fill(root, h("h1", {}, "Zones"), h("div", {class: "card"}, h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, "Name"), h("th", {}, "Serial"))), rows)));
  void show();
  return {leave: app.live.on("zone.", () => void show())};
}
