// What a change does, line by line, from the journal entries that it makes.

import {h} from "../../lib/dom.js";

/** A record as a zone file has it. @param {any} record */
export function line(record) {
  const off = record.enabled ? "" : "   ; disabled";
  const comment = record.comment ? `   ; ${record.comment}` : "";
  return `${record.name}  ${record.ttl}  ${record.data.type}  ${record.text}${comment}${off}`;
}

/**
 * Lines that go and lines that come.
 * @param {{type: string, event: any}[]} entries
 */
export function difference(entries) {
  return h("ul", {class: "difference", "aria-label": "Difference"}, entries.flatMap(({type, event}) => lines(type, event)));
}

/**
 * What else a dry run says: answers that would change, as the plugins tell it.
 * @param {{name: string, title: string, lines: string[], total: number, note: string}[]} consequences
 */
export function consequences(consequences) {
  return consequences.map(({name, title, lines: told, total, note}) => {
    const left = total - told.length;
    return h("details", {class: "consequences", open: total > 0 && total <= 8},
      h("summary", {}, `${title}: ${total || "none"}`),
      h("ul", {"aria-label": name}, told.map((each) => h("li", {}, each)), left > 0 && h("li", {}, `and ${left} more`)),
      note && h("p", {class: "muted"}, note));
  });
}

/** @param {string} type @param {any} event @returns {HTMLElement[]} */
function lines(type, event) {
  if (type === "zone.records_changed") {
    return [
      h("li", {class: "meta"}, `${event.zone}: serial ${event.serial_before} → ${event.serial_after}`),
      ...event.changes.flatMap((/** @type {any} */ {before, after}) => [before && removed(line(before)), after && added(line(after))]).filter(Boolean),
    ];
  }
  if (type === "zone.updated") return settings(event.before, event.after);
  const zone = event.zone?.name ?? "";
  if (type === "zone.deleted") return [removed(`zone ${zone}`)];
  if (type === "zone.created") return [added(`zone ${zone}`)];
  return [h("li", {class: "meta"}, event.summary ?? type)];
}

/** @param {any} before @param {any} after */
function settings(before, after) {
  const flat = (/** @type {any} */ zone) => ({default_ttl: zone.default_ttl, ...zone.soa});
  const [old, now] = [flat(before), flat(after)];
  const changed = Object.keys(now).filter((key) => old[key] !== now[key]);
  return [
    h("li", {class: "meta"}, `${after.name}: settings`),
    ...changed.flatMap((key) => [removed(`${key}  ${old[key]}`), added(`${key}  ${now[key]}`)]),
  ];
}

/** @param {string} text */
const removed = (text) => h("li", {class: "removed"}, h("span", {class: "unseen"}, "removed: "), `− ${text}`);
/** @param {string} text */
const added = (text) => h("li", {class: "added"}, h("span", {class: "unseen"}, "added: "), `+ ${text}`);
