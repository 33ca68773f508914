// Who has which address; taking one back.

import {ask} from "../../lib/dialog.js";
import {fill, h} from "../../lib/dom.js";
import {choice, field, settled} from "../../lib/fields.js";
import {notifyProblem} from "../../lib/notice.js";
import {cells, nothing, pager, table} from "../../lib/table.js";

/** @type {import("../../lib/table.js").Column[]} */
const COLUMNS = [
  {title: "Address"},
  {title: "Client"},
  {title: "Name"},
  {title: "State"},
  {title: "Until"},
  {title: "Actions", class: "actions", quiet: true},
];
const STATES = ["active", "released", "expired", "declined", "abandoned", "all"];
const KINDS = /** @type {Record<string, string>} */ ({active: "good", declined: "warn", abandoned: "warn"});

/** @param {import("../../frame.js").App} app @returns {import("./dhcp.js").Card} */
export function leasesCard(app) {
  const again = settled(() => void refresh(0));
  const filter = (/** @type {string} */ placeholder) => h("input", {type: "search", placeholder, spellcheck: false, oninput: again});
  const state = choice(STATES.map((each) => [each, each]), {onchange: again});
  const [subnet, ip, mac, hostname] = ["192.0.2.0/24", "192.0.2.10", "02:00:…", "part of it"].map(filter);
  const rows = h("tbody");
  const pages = h("div");
  let shown = 0;

  const refresh = async (offset = shown) => {
    shown = offset;
    const query = {state: state.value, subnet: subnet.value.trim(), ip: ip.value.trim(), mac: mac.value.trim(), hostname: hostname.value.trim(), offset, limit: 100};
    try {
      const page = await app.api.call("lease.list", query, {signal: app.signal});
      fill(rows, page.items.length ? page.items.map((/** @type {any} */ lease) => row(app, lease)) : nothing(COLUMNS, "No lease fits."));
      fill(pages, pager(page, refresh));
    } catch (error) {
      fill(rows, nothing(COLUMNS, error instanceof Error ? error.message : String(error)));
    }
  };
  return {
    refresh,
    element: h("section", {class: "card", "aria-label": "Leases"},
      h("header", {}, h("h2", {}, "Leases"), h("div", {class: "bar"},
        field("State", state).element, field("Subnet", subnet).element, field("Address", ip).element,
        field("Hardware address", mac).element, field("Name", hostname).element)),
      table("Leases", COLUMNS, rows), pages),
  };
}

/** @param {import("../../frame.js").App} app @param {any} lease */
function row(app, lease) {
  const may = lease.state === "active" && app.api.can("lease.release");
  return h("tr", {}, cells(COLUMNS, [
    h("span", {class: "mono"}, lease.ip),
    h("span", {class: "mono"}, lease.mac || lease.duid),
    lease.fqdn || lease.hostname,
    [h("span", {class: `badge ${KINDS[lease.state] ?? ""}`}, lease.state), lease.reservation && " ", lease.reservation && h("span", {class: "badge"}, "reserved")],
    h("time", {datetime: lease.expires}, until(lease.expires)),
    may && h("button", {type: "button", class: "small quiet", "aria-label": `Release ${lease.ip}`, onclick: () => release(app, lease)}, "Release"),
  ]));
}

/** @param {string} expires */
function until(expires) {
  const moment = new Date(expires);
  return Number.isNaN(moment.getTime()) ? expires : moment.toLocaleString();
}

/** @param {import("../../frame.js").App} app @param {any} lease */
function release(app, lease) {
  ask({
    title: `Release ${lease.ip}?`,
    body: h("p", {}, `The lease of ${lease.hostname || lease.mac || lease.duid} ends as if its client had given it back. The client is not told, and uses the address until it renews.`),
    action: "Release",
    danger: true,
    act: async () => {
      await app.api.call("lease.release", {ip: lease.ip});
      app.notify(`${lease.ip} was released.`);
    },
  });
}
