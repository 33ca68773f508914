// Taking a change back, after showing what that does.

import {ask} from "../../lib/dialog.js";
import {notifyProblem} from "../../lib/notice.js";
import {consequences, difference} from "./difference.js";

/** @param {import("../../frame.js").App} app @param {number} sequence of the change in the journal */
export async function undo(app, sequence) {
  try {
    const tried = await app.api.call("change.undo", {sequence}, {dryRun: true});
    ask({
      title: "Take this change back?",
      body: [difference(tried.changes), ...consequences(tried.consequences)],
      action: "Undo",
      act: async () => {
        const done = await app.api.call("change.undo", {sequence});
        app.notify(`${done.zone}: the change was taken back, serial ${done.serial}.`);
      },
    });
  } catch (error) {
    notifyProblem(error);
  }
}
