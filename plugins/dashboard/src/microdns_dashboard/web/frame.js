// The frame around tabs: navigation by the address's hash, the connection's state, loading of tabs.

import {currentSession} from "./lib/api.js";
import {fill, h, one} from "./lib/dom.js";
import {announce, notify, notifyProblem} from "./lib/notice.js";
import {themeButton} from "./lib/theme.js";

/**
 * What a tab is given.
 * @typedef {object} App
 * @property {import("./lib/api.js").Api} api
 * @property {import("./lib/live.js").Live} live
 * @property {string[]} path what follows the tab's id in the address
 * @property {(...path: string[]) => void} go to another address within the tab
 * @property {AbortSignal} signal aborted when the tab is left
 * @property {(text: string) => void} announce
 * @property {typeof notify} notify
 * @property {() => Promise<void>} renew ask anew which tabs and operations there are
 */

/** @typedef {{leave?: () => void, moved?: (path: string[]) => void}} Shown */

const STATES = {connecting: "Connecting…", live: "Live", lost: "Reconnecting…"};

export class Frame {
  /** @type {Shown} */
  #shown = {};
  #tab = "";
  #broken = false;
  #left = new AbortController();
  #leaving = new AbortController();

  /**
   * @param {HTMLElement} page
   * @param {import("./lib/api.js").Api} api
   * @param {import("./lib/live.js").Live} live
   * @param {() => void} logOut
   */
  constructor(page, api, live, logOut) {
    this.page = page;
    this.api = api;
    this.live = live;
    this.logOut = logOut;
  }

  show() {
    fill(this.page, one("#frame").content.cloneNode(true));
    const {session} = this.api;
    one(".instance").textContent = session.instance;
    themeButton(one(".theme"));
    one(".skip").addEventListener("click", () => one("#main").focus());
    const logout = one(".logout");
    logout.hidden = !session.login;
    logout.addEventListener("click", this.logOut);
    this.live.onState((state) => this.#connection(state));
    this.#connection(this.live.state);
    this.live.onResync(() => void this.#back());
    addEventListener("hashchange", () => void this.#route(), {signal: this.#leaving.signal});
    this.#tabs();
    void this.#route();
  }

  leave() {
    this.#leaving.abort();
    this.#leaveTab();
  }

  async renew() {
    try {
      Object.assign(this.api.session, await currentSession());
      this.#tabs();
    } catch {
      // the stream will tell when the server is back, or the session gone
    }
  }

  /** The server is back: a tab whose files it could not give is asked for again, by a fresh page,
   *  since browsers may remember that a module failed. */
  async #back() {
    if (this.#broken) location.reload();
    else await this.renew();
  }

  /** @param {import("./lib/live.js").State} state */
  #connection(state) {
    const shown = one(".connection");
    shown.textContent = STATES[state];
    shown.dataset.state = state;
  }

  #tabs() {
    const links = this.api.session.tabs.map((tab) =>
      h("li", {}, h("a", {href: `#/${tab.id}`, "aria-current": tab.id === this.#tab && "page"}, tab.title)));
    fill(one("nav.tabs ul"), links);
  }

  async #route() {
    const [wanted, ...path] = location.hash.replace(/^#\/?/, "").split("/").map(decoded);
    const {tabs} = this.api.session;
    const tab = tabs.find((each) => each.id === wanted) ?? tabs[0];
    if (!tab) {
      fill(one("#main"), h("p", {class: "empty"}, "This key may see no tab."));
      return;
    }
    scrollTo(0, 0);
    if (tab.id === this.#tab && this.#shown.moved) {
      this.#shown.moved(path);
      return;
    }
    await this.#open(tab, path);
  }

  /** @param {import("./lib/api.js").Session["tabs"][number]} tab @param {string[]} path */
  async #open(tab, path) {
    this.#leaveTab();
    const first = this.#tab === "";
    const {signal} = (this.#left = new AbortController());
    this.#tab = tab.id;
    this.#broken = false;
    this.#tabs();
    document.title = `${tab.title} · ${this.api.session.instance} · MicroDNS`;
    const root = h("div", {class: `tab tab-${tab.id}`});
    fill(one("#main"), root);
    try {
      await Promise.all(tab.styles.map(style));
      const module = await import(new URL(tab.module, import.meta.url).href);
      if (!signal.aborted) this.#shown = (await module.default(root, this.#app(path, signal))) ?? {};
    } catch (error) {
      if (signal.aborted) return;
      this.#broken = true;
      fill(root, h("h1", {}, tab.title), h("p", {class: "problem"}, "This tab can't be shown."),
        h("button", {type: "button", onclick: () => location.reload()}, "Try again"));
      notifyProblem(error);
    }
    if (!first) {
      one("#main").focus();
      announce(tab.title);
    }
  }

  /** @param {string[]} path @param {AbortSignal} signal @returns {App} */
  #app(path, signal) {
    return {
      api: this.api,
      live: this.live,
      path,
      signal,
      announce,
      notify,
      go: (...parts) => {
        location.hash = ["#", this.#tab, ...parts.map(encodeURIComponent)].join("/");
      },
      renew: () => this.renew(),
    };
  }

  #leaveTab() {
    this.#left.abort();
    this.#shown.leave?.();
    this.#shown = {};
  }
}

/** Load a style sheet once. @param {string} path @returns {Promise<void>} */
function style(path) {
  const {href} = new URL(path, import.meta.url);
  if ([...document.styleSheets].some((each) => each.href === href)) return Promise.resolve();
  return new Promise((done, failed) => {
    document.head.append(h("link", {rel: "stylesheet", href, onload: () => done(), onerror: failed}));
  });
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
