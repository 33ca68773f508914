// Operations by name.  Which there are, and at which path, the session tells.

/**
 * @typedef {object} FieldProblem
 * @property {string} path
 * @property {string} message
 */

/** What went wrong, as the server says it (RFC 9457). */
export class Problem extends Error {
  /** @param {number} status @param {string} code @param {string} detail @param {FieldProblem[]} errors */
  constructor(status, code, detail, errors = []) {
    super(detail);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }

  /** What is said about a field, or "". @param {...string} paths */
  about(...paths) {
    return this.errors.filter((each) => paths.includes(each.path)).map((each) => each.message).join("; ");
  }
}

/** The problem of a request that got no answer. */
export class Unreachable extends Problem {
  constructor() {
    super(0, "unreachable", "the server does not answer");
  }
}

/**
 * @typedef {object} Session
 * @property {string} name
 * @property {boolean} login
 * @property {string} csrf
 * @property {string} instance
 * @property {string} version
 * @property {{id: string, title: string, module: string, styles: string[]}[]} tabs
 * @property {Record<string, string>} operations
 */

/**
 * @typedef {object} Options
 * @property {boolean} [dryRun] only say what would happen
 * @property {number} [version] only when the thing still has this version
 * @property {AbortSignal} [signal]
 */

const BASE = new URL("../../api/v1", import.meta.url).href;
const SESSION = new URL("../session", import.meta.url).href;

/** Calls operations for one session. */
export class Api {
  /** @param {Session} session @param {() => void} expired told when the session has ended */
  constructor(session, expired) {
    this.session = session;
    this.expired = expired;
  }

  /** Whether an operation exists here, and the session may call it. @param {string} name */
  can(name) {
    return name in this.session.operations;
  }

  /**
   * Call an operation; raises `Problem`.
   * @param {string} name
   * @param {Record<string, any>} [input]
   * @param {Options} [options]
   * @returns {Promise<any>}
   */
  async call(name, input = {}, options = {}) {
    const {verb, url, body} = this.request(name, input, options.dryRun);
    /** @type {Record<string, string>} */
    const headers = {};
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (options.version !== undefined) headers["If-Match"] = `"${options.version}"`;
    if (verb !== "GET" && this.session.csrf) headers["X-CSRF-Token"] = this.session.csrf;
    try {
      return await ask(url, {method: verb, headers, body, signal: options.signal});
    } catch (error) {
      if (error instanceof Problem && error.status === 401) this.expired();
      throw error;
    }
  }

  /**
   * Verb, address and body for an operation: what its path does not name goes into the query, or
   * into the body of a write.
   * @param {string} name
   * @param {Record<string, any>} input
   * @param {boolean} [dryRun]
   */
  request(name, input, dryRun = false) {
    const http = this.session.operations[name];
    if (!http) throw new Problem(404, "not-found", `there is no operation ${name} here`);
    const [verb, path] = http.split(" ");
    const rest = {...input};
    const filled = path.replace(/\{(\w+)\}/g, (_, field) => {
      delete rest[field];
      return encodeURIComponent(String(input[field]));
    });
    const url = new URL(BASE + filled);
    if (dryRun) url.searchParams.set("dry_run", "true");
    if (["POST", "PUT", "PATCH"].includes(verb)) {
      const body = Object.keys(rest).length ? JSON.stringify(rest) : undefined;
      return {verb, url, body};
    }
    for (const [field, value] of Object.entries(rest)) {
      for (const each of Array.isArray(value) ? value : [value]) {
        if (each !== "" && each !== undefined && each !== null) url.searchParams.append(field, String(each));
      }
    }
    return {verb, url, body: undefined};
  }
}

/** The session of this browser; raises `Problem` (401) when there is none. @returns {Promise<Session>} */
export function currentSession() {
  return ask(SESSION, {});
}

/** Turn a key into a session; the key goes in a header and is forgotten. @param {string} key @returns {Promise<Session>} */
export function logIn(key) {
  return ask(SESSION, {method: "POST", headers: {"X-API-Key": key}});
}

/** End a session. @param {Session} session */
export function logOut(session) {
  return ask(SESSION, {method: "DELETE", headers: {"X-CSRF-Token": session.csrf}});
}

/** @param {URL | string} url @param {RequestInit} request */
async function ask(url, request) {
  const response = await send(url, request);
  const text = await response.text();
  const value = text && response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
  if (!response.ok) throw problemOf(response, value);
  return value;
}

/** Like `fetch`, with `Unreachable` for no answer. @param {URL | string} url @param {RequestInit} request */
export async function send(url, request) {
  try {
    return await fetch(url, {credentials: "same-origin", cache: "no-store", ...request});
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable();
  }
}

/** @param {Response} response @param {any} value */
export function problemOf(response, value) {
  const detail = value?.detail ?? `${response.status} ${response.statusText}`;
  return new Problem(response.status, value?.code ?? "", detail, value?.errors ?? []);
}
