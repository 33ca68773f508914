// The login page.

import {logIn} from "./lib/api.js";
import {fill, one} from "./lib/dom.js";

/**
 * Ask for a key until it is a good one.
 * @param {HTMLElement} page
 * @param {string} reason why, or ""
 * @returns {Promise<import("./lib/api.js").Session>}
 */
export function askForKey(page, reason) {
  fill(page, one("#login-page").content.cloneNode(true));
  document.title = "Log in · MicroDNS";
  const key = one("#key");
  const problem = one("#login-problem");
  problem.textContent = reason;
  key.focus();
  return new Promise((done) => {
    one("form", page).addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const given = key.value;
      key.value = "";
      try {
        done(await logIn(given));
      } catch (error) {
        problem.textContent = error instanceof Error ? error.message : String(error);
        key.focus();
      }
    });
  });
}
