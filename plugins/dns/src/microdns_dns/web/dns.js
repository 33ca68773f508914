// The DNS tab: the zones, or one of them.

import {fill} from "../../lib/dom.js";
import {zoneView} from "./zone.js";
import {zonesView} from "./zones.js";

/** @typedef {{leave: () => void, mayLeave?: () => boolean}} View */

/** @param {HTMLElement} root @param {import("../../frame.js").App} app */
export default function dns(root, app) {
  /** @type {View | undefined} */
  let view;
  const moved = (/** @type {string[]} */ path) => {
    view?.leave();
    fill(root);
    view = path[0] ? zoneView(root, app, path[0], path[1] ?? "records") : zonesView(root, app);
  };
  moved(app.path);
  return {moved, leave: () => view?.leave()};
}
