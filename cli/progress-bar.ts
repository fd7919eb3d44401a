import { SingleBar } from "cli-progress";
import type { Progress } from "../lib/collect/take-inventory.ts";
import type { OutputStream } from "./io.ts";

/** So few targets are read before a bar could be looked at. */
const tooFew = 3;

/** A bar that shows on a terminal how far the reading is, and leaves nothing behind; elsewhere it does nothing. */
export function createProgressBar(stream: OutputStream): { show: (progress: Progress) => void; stop: () => void } {
  const bar = new SingleBar({
    format: "Reading {value} of {total} Regions {bar}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    clearOnComplete: true,
    stopOnComplete: true,
    stream,
  });
  let isShown = false;
  return {
    show({ done, total }) {
      if (stream.isTTY !== true || total <= tooFew) return;
      if (!isShown) bar.start(total, done);
      else bar.update(done);
      isShown = true;
    },
    stop() {
      if (isShown) bar.stop();
    },
  };
}
