// One line about an event: what it says of itself, or what it most likely is about.

const TELLING = ["name", "zone", "ip", "prefix", "subnet", "hostname", "mac", "client_id", "range_start", "used_percent"];
const PARTS_MAX = 4;

/** @param {import("./live.js").Entry} entry @returns {string} */
export function summary({event}) {
  return event.summary ?? [...new Set(told(event))].slice(0, PARTS_MAX).join(" · ");
}

/** Telling values of an object and of those within it. @param {Record<string, any>} value @param {number} [depth] @returns {string[]} */
function told(value, depth = 0) {
  const here = TELLING.map((key) => value[key]).filter((each) => ["string", "number"].includes(typeof each) && each !== "").map(String);
  if (depth === 2) return here;
  const within = Object.values(value).flat().filter((each) => each && typeof each === "object").slice(0, PARTS_MAX);
  return [...here, ...within.flatMap((each) => told(each, depth + 1))];
}
