// Telling people: notices that are seen, and announcements that are heard.

import {h, one} from "./dom.js";

const SHOWN_MS = 10_000;

/** Have a screen reader say something. @param {string} text */
export function announce(text) {
  one("#announcer").textContent = text;
}

/**
 * Show a notice for a while; a problem stays until it is closed.
 * @param {string} text
 * @param {{problem?: boolean, action?: string, onaction?: () => void}} [options]
 */
export function notify(text, options = {}) {
  const close = () => notice.remove();
  const act = () => {
    close();
    options.onaction?.();
  };
  const notice = h(
    "div",
    {class: options.problem ? "notice bad" : "notice", role: options.problem ? "alert" : "status"},
    h("p", {}, text),
    options.action && h("button", {type: "button", onclick: act}, options.action),
    h("button", {type: "button", class: "quiet close", "aria-label": "Close notice", onclick: close}, "×"),
  );
  one("#notices").append(notice);
  if (!options.problem) setTimeout(close, SHOWN_MS);
}

/** Show what went wrong. @param {unknown} error */
export function notifyProblem(error) {
  if (error instanceof DOMException && error.name === "AbortError") return;
  notify(error instanceof Error ? error.message : String(error), {problem: true});
}
