// One stream of the journal for the whole page: it reconnects by itself and misses nothing.

import {Problem} from "./api.js";
import {events} from "./stream.js";

/** @typedef {{sequence: number, transaction: number, time_ns: number, type: string, actor: {name: string, interface?: string, address?: string}, event: any}} Entry */
/** @typedef {"connecting" | "live" | "lost"} State */

const WAIT_MS_MAX = 10_000;

/** Tells subscribers what happens. */
export class Live {
  #lastId = "";
  #waitMs = 0;
  /** @type {Set<{prefix: string, told: (entry: Entry) => void}>} */
  #subscribers = new Set();
  /** @type {Set<(state: State) => void>} */
  #watchers = new Set();
  /** @type {Set<() => void>} */
  #resyncs = new Set();
  #ending = new AbortController();

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.api = api;
    /** @type {State} */
    this.state = "connecting";
  }

  /**
   * Call `told` for entries whose type begins with `prefix`; returns what ends that.
   * @param {string} prefix
   * @param {(entry: Entry) => void} told
   */
  on(prefix, told) {
    return adding(this.#subscribers, {prefix, told});
  }

  /** Call `told` with each new state of the connection. @param {(state: State) => void} told */
  onState(told) {
    return adding(this.#watchers, told);
  }

  /**
   * Call `told` when what was read before may be out of date: the server was away (what is not in
   * the journal may differ), or the journal does not reach back far enough.
   * @param {() => void} told
   */
  onResync(told) {
    return adding(this.#resyncs, told);
  }

  /** Follow the journal until `stop`. */
  async run() {
    while (!this.#ending.signal.aborted) {
      try {
        await this.#follow();
      } catch (error) {
        if (this.#ending.signal.aborted) return;
        if (error instanceof Problem && this.#gaveUp(error)) return;
      }
      this.#become("lost");
      await this.#pause();
    }
  }

  stop() {
    this.#ending.abort();
  }

  async #follow() {
    const {url} = this.api.request("journal.follow", {});
    for await (const message of events(url, this.#lastId, this.#ending.signal)) {
      this.#arrived();
      if (message.id) this.#lastId = message.id;
      if (message.event === "problem") return;
      if (message.data) this.#tell(JSON.parse(message.data));
    }
  }

  /** Whether to stop for good. @param {Problem} problem */
  #gaveUp(problem) {
    if (problem.status === 401) {
      this.api.expired();
      return true;
    }
    if (problem.status === 410 || problem.status === 404) this.#lastId = ""; // begin anew, and say so
    return false;
  }

  #arrived() {
    const away = this.state === "lost";
    this.#waitMs = 0;
    this.#become("live");
    if (away) for (const told of this.#resyncs) told();
  }

  /** @param {Entry} entry */
  #tell(entry) {
    for (const {prefix, told} of this.#subscribers) if (entry.type.startsWith(prefix)) told(entry);
  }

  /** @param {State} state */
  #become(state) {
    if (state === this.state) return;
    this.state = state;
    for (const told of this.#watchers) told(state);
  }

  /** Wait longer each time, up to a limit, and not all pages at once. */
  #pause() {
    this.#waitMs = Math.min(WAIT_MS_MAX, Math.max(500, this.#waitMs * 2));
    const ms = this.#waitMs * (0.5 + Math.random() / 2);
    return new Promise((done) => setTimeout(done, ms));
  }
}

/** @template T @param {Set<T>} set @param {T} item */
function adding(set, item) {
  set.add(item);
  return () => void set.delete(item);
}
