// Server-Sent Events over fetch.  The browser's EventSource hides event types that it was not told
// of, and why a connection ended; here both are needed.

import {problemOf, send} from "./api.js";

/**
 * @typedef {object} Message
 * @property {string} id
 * @property {string} event
 * @property {string} data
 */

/**
 * Events of a stream until it ends; raises `Problem` when there is none.
 * @param {URL} url
 * @param {string} lastId "" for a beginning
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<Message>}
 */
export async function* events(url, lastId, signal) {
  /** @type {Record<string, string>} */
  const headers = {Accept: "text/event-stream"};
  if (lastId) headers["Last-Event-ID"] = lastId;
  const response = await send(url, {headers, signal});
  if (!response.ok || !response.body) throw problemOf(response, await response.json().catch(() => null));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new Parser();
  for (;;) {
    const {done, value} = await reader.read();
    if (done) return;
    yield* parser.feed(value);
  }
}

/** Lines to messages (HTML standard, section 9.2.6). */
export class Parser {
  #rest = "";
  #id = "";
  #event = "";
  /** @type {string[]} */
  #data = [];

  /** @param {string} text @returns {Generator<Message>} */
  *feed(text) {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line !== "") this.#take(line);
      else yield this.#message();
    }
  }

  /** @param {string} line */
  #take(line) {
    const [, field, value] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === "id") this.#id = value ?? "";
    else if (field === "event") this.#event = value ?? "";
    else if (field === "data") this.#data.push(value ?? "");
  }

  #message() {
    const message = {id: this.#id, event: this.#event, data: this.#data.join("\n")};
    this.#event = "";
    this.#data = [];
    return message;
  }
}
