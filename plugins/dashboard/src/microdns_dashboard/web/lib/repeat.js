// Asking again and again, while the page is looked at and the server answers.

/**
 * Do it now and then every `ms`, one after the other; returns what ends that.  Failures are left to
 * the state of the connection, which tells of them.
 * @param {number} ms
 * @param {() => Promise<unknown>} work
 * @param {AbortSignal} signal
 */
export function every(ms, work, signal) {
  let timer = 0;
  let ended = false;
  const turn = async () => {
    if (!document.hidden) await work().catch(() => undefined);
    if (!ended && !signal.aborted) timer = setTimeout(turn, ms);
  };
  void turn();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
