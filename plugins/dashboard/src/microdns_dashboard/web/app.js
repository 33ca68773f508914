// The page: logs in, then shows the frame, until the session ends.

import {Api, Problem, Unreachable, currentSession, logOut} from "./lib/api.js";
import {Live} from "./lib/live.js";
import {fill, h, one} from "./lib/dom.js";
import {Frame} from "./frame.js";
import {askForKey} from "./login.js";

const page = one("#page");

/** The session that there is, or a new one. @param {string} reason */
async function session(reason) {
  for (;;) {
    try {
      return await currentSession();
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return askForKey(page, reason);
      fill(page, h("main", {id: "main", class: "plain"}, h("p", {role: "alert"},
        error instanceof Unreachable ? "The server does not answer. Trying again…" : String(error))));
      await new Promise((done) => setTimeout(done, 2000));
    }
  }
}

/** Show the frame until the session ends; returns why it did. @param {import("./lib/api.js").Session} given */
async function visit(given) {
  /** @type {(reason: string) => void} */
  let end = () => {};
  const ended = new Promise((done) => {
    end = done;
  });
  const api = new Api(given, () => end("The session has ended. Log in again."));
  const live = new Live(api);
  const frame = new Frame(page, api, live, () => void logOut(given).finally(() => end("")));
  frame.show();
  if (api.can("journal.follow")) void live.run();
  const reason = await ended;
  live.stop();
  frame.leave();
  return reason;
}

let reason = "";
for (;;) reason = await visit(await session(reason));
