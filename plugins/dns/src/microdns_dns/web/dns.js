// The DNS tab: zones, or one zone.

import {fill} from "../../lib/dom.js";
import {zonesView} from "./zones.js";

/** @param {HTMLElement} root @param {import("../../frame.js").App} app */
export default function dns(root, app) {
  /** @type {{leave?: () => void}} */
  let view = {};
  const moved = (/** @type {string[]} */ path) => {
    view.leave?.();
    fill(root);
    view = zonesView(root, app);
  };
  moved(app.path);
  return {moved, leave: () => view.leave?.()};
}
