// Charts over time, drawn by uPlot in the page's own colours.

import uPlot from "../vendor/uplot/uPlot.esm.js";
import {h} from "./dom.js";

/**
 * @typedef {object} Line
 * @property {string} label
 * @property {string} colour a custom property of the style sheet (`--accent`)
 * @property {boolean} [filled]
 */

/** A chart with some lines; its numbers are also told in words. */
export class Chart {
  /**
   * @param {string} title
   * @param {Line[]} lines
   * @param {(value: number) => string} format of its values
   */
  constructor(title, lines, format) {
    this.title = title;
    this.lines = lines;
    this.format = format;
    /** @type {number[][]} */
    this.data = [[], ...lines.map(() => [])];
    this.words = h("p", {class: "unseen"});
    this.place = h("div", {class: "chart", "aria-hidden": "true"});
    this.element = h("section", {class: "card", "aria-label": title}, h("header", {}, h("h2", {}, title)), this.place, this.words);
    this.sizes = new ResizeObserver(() => this.#resize());
    this.sizes.observe(this.place);
    this.redraw = () => this.#draw();
    document.addEventListener("themechange", this.redraw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", this.redraw);
  }

  /** Show these: times in seconds, then a list for each line. @param {number[][]} data */
  set(data) {
    this.data = data;
    const last = data.slice(1).map((values, at) => `${this.lines[at].label} ${this.format(values.at(-1) ?? 0)}`);
    this.words.textContent = `${this.title} now: ${last.join(", ")}.`;
    if (this.plot) this.plot.setData(/** @type {any} */ (data));
    else this.#draw();
    this.#tellLast();
  }

  /** Let the legend tell the last values while nothing is pointed at. */
  #tellLast() {
    if (this.plot && (this.plot.cursor.left ?? -1) < 0) this.plot.setLegend({idx: this.data[0].length - 1});
  }

  leave() {
    this.sizes.disconnect();
    document.removeEventListener("themechange", this.redraw);
    matchMedia("(prefers-color-scheme: dark)").removeEventListener("change", this.redraw);
    this.plot?.destroy();
  }

  #resize() {
    if (this.plot) this.plot.setSize(this.#size());
    else this.#draw();
  }

  #size() {
    return {width: Math.max(200, this.place.clientWidth - 24), height: 190};
  }

  #draw() {
    this.plot?.destroy();
    this.plot = undefined;
    if (!this.place.clientWidth) return;
    const colours = getComputedStyle(this.place);
    const colour = (/** @type {string} */ name) => resolved(this.place, colours.getPropertyValue(name));
    const axis = {stroke: colour("--muted"), grid: {stroke: colour("--line"), width: 1}, ticks: {stroke: colour("--line"), width: 1}, font: "12px system-ui, sans-serif"};
    this.plot = new uPlot({
      ...this.#size(),
      hooks: {setCursor: [() => this.#tellLast()]},
      cursor: {y: false, points: {size: 6}},
      scales: {y: {range: (_, __, max) => [0, Math.max(max * 1.1, 1e-6)]}},
      axes: [
        {...axis, space: 70, values: "{HH}:{mm}:{ss}"},
        {...axis, size: 62, values: (_, values) => values.map(this.format)},
      ],
      series: [
        {value: "{HH}:{mm}:{ss}"},
        ...this.lines.map((line) => ({
          label: line.label,
          stroke: colour(line.colour),
          width: 2,
          fill: line.filled ? `color-mix(in srgb, ${colour(line.colour)} 14%, transparent)` : undefined,
          points: {show: false},
          value: (_, value) => (value === null ? "–" : this.format(value)),
        })),
      ],
    }, /** @type {any} */ (this.data), this.place);
    this.#tellLast();
  }
}

/** A colour that a canvas understands, from one that may be light-dark(). @param {HTMLElement} at @param {string} text */
function resolved(at, text) {
  const probe = h("span", {hidden: true});
  probe.style.color = text;
  at.append(probe);
  const {color} = getComputedStyle(probe);
  probe.remove();
  return color;
}
