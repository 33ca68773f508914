// Numbers and times as people read them.

const clock = new Intl.DateTimeFormat(undefined, {hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23"});
const day = new Intl.DateTimeFormat(undefined, {day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23"});
const whole = new Intl.NumberFormat("en", {maximumFractionDigits: 0});
const short = new Intl.NumberFormat("en", {notation: "compact", maximumSignificantDigits: 3});

/** 1,234 */
export const count = (/** @type {number} */ value) => whole.format(value);

/** 12.3K */
export const compact = (/** @type {number} */ value) => short.format(value);

/** A duration in seconds, as 1.2 ms. @param {number} seconds */
export function latency(seconds) {
  if (seconds >= 1) return `${seconds.toPrecision(3)} s`;
  if (seconds >= 0.001) return `${(seconds * 1e3).toPrecision(3)} ms`;
  return `${Math.round(seconds * 1e6)} µs`;
}

/** A long duration: 3 d 4 h. @param {number} seconds */
export function duration(seconds) {
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min` : `${Math.floor(seconds)} s`;
}

/** A moment: the time for today, else the date, too. @param {Date} moment */
export function when(moment) {
  return Math.abs(Date.now() - moment.getTime()) < 43_200_000 ? clock.format(moment) : day.format(moment);
}

/** Unix nanoseconds, which are beyond what numbers hold exactly. @param {number} ns */
export const fromNs = (ns) => new Date(ns / 1e6);
