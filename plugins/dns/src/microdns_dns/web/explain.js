// How a query would be answered.  Shown where the installation can tell.

import {fill, h} from "../../lib/dom.js";
import {choice, field} from "../../lib/fields.js";
import {TYPES} from "./types.js";

const EXPLAIN = "query.explain";

/** @param {import("../../frame.js").App} app @param {string} zone what names begin with, or "" */
export function explainBox(app, zone) {
  if (!app.api.can(EXPLAIN)) return null;
  const name = h("input", {required: true, spellcheck: false, autocomplete: "off", value: zone && `www.${zone}`, placeholder: "www.example.com"});
  const type = choice(Object.keys(TYPES).map((each) => [each, each]));
  const client = h("input", {placeholder: "127.0.0.1", spellcheck: false, autocomplete: "off"});
  const answer = h("div", {"aria-live": "polite", class: "explained"});
  const run = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      const input = {name: name.value, type: type.value, client: client.value};
      fill(answer, shown(await app.api.call(EXPLAIN, input, {signal: app.signal})));
    } catch (error) {
      fill(answer, h("p", {class: "problem"}, error instanceof Error ? error.message : String(error)));
    }
  };
  return h("details", {class: "card explain"},
    h("summary", {}, "Explain a query"),
    h("form", {class: "bar", onsubmit: (/** @type {Event} */ event) => void run(event)},
      field("Name", name).element, field("Type", type).element, field("Client", client).element,
      h("button", {type: "submit"}, "Explain")),
    answer);
}

/** @param {any} found */
function shown(found) {
  const by = found.answered_by === "engine" ? "the compiled engine" : "the query plan";
  return [
    h("p", {}, h("strong", {}, found.rcode ?? "No answer"), ` ${(found.flags ?? []).join(" ")} `,
      h("span", {class: "muted"}, [found.zone !== null && `zone ${found.zone || "."}`, found.answered_by && `by ${by}`, found.octets && `${found.octets} octets`].filter(Boolean).join(" · "))),
    found.because && h("p", {class: "muted"}, found.because),
    h("ol", {class: "steps"}, found.stages.flatMap((/** @type {any} */ stage) => [
      h("li", {class: "stage"}, h("b", {}, stage.name), " ", h("span", {class: "badge"}, stage.decision)),
      ...stage.steps.map((/** @type {any} */ step) => h("li", {}, step.text, step.rfc && h("span", {class: "muted"}, ` (${step.rfc})`))),
    ])),
    found.rrsets.map((/** @type {any} */ rrset) => h("div", {},
      h("p", {class: "label"}, `${rrset.section}: ${rrset.source && `source ${rrset.source}`}`),
      h("pre", {}, rrset.data.map((/** @type {string} */ data) => `${rrset.name} ${rrset.ttl} ${rrset.type} ${data}`).join("\n")))),
  ];
}
