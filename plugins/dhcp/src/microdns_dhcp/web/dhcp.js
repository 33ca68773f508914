// The DHCP tab: how full pools are, who has which address, what is reserved.

import {fill, h} from "../../lib/dom.js";
import {settled} from "../../lib/fields.js";
import {leasesCard} from "./leases.js";
import {poolsCard} from "./pools.js";
import {reservationsCard} from "./reservations.js";

/** @typedef {{element: HTMLElement, refresh: () => Promise<void>}} Card */

/** @param {HTMLElement} root @param {import("../../frame.js").App} app */
export default function dhcp(root, app) {
  /** @type {[string, (app: import("../../frame.js").App) => Card][]} */
  const offered = [["pool.list", poolsCard], ["lease.list", leasesCard], ["reservation.list", reservationsCard]];
  const cards = offered.filter(([operation]) => app.api.can(operation)).map(([, make]) => make(app));
  fill(root, h("h1", {}, "DHCP"), cards.map((card) => card.element));
  const refresh = settled(() => cards.forEach((card) => void card.refresh()), 150);
  cards.forEach((card) => void card.refresh());
  const ends = [...["lease.", "pool.", "reservation.", "dhcp."].map((prefix) => app.live.on(prefix, refresh)), app.live.onResync(refresh)];
  return {leave: () => ends.forEach((end) => end())};
}
