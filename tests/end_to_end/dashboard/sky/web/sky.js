// A tab of another's: it calls its plugin's operation, and shows what that says.

import {fill, h} from "../../lib/dom.js";

/** @param {HTMLElement} root @param {import("../../frame.js").App} app */
export default async function sky(root, app) {
  const {colour} = await app.api.call("sky.get", {}, {signal: app.signal});
  fill(root, h("h1", {}, "Sky"), h("p", {class: "sky"}, `The sky is ${colour}.`));
}
