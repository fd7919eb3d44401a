import { SingleBar } from "cli-progress";
import type { Progress } from "../../lib/collect/take-inventory.ts";
import type { OutputStream } from "../io.ts";

/** Reading so few targets takes no time to show. */
const tooFew = 3;

/** A progress bar of the Regions or accounts read. Clears itself at the end; draws nothing unless the stream is a terminal. */
export function createProgressBar(
  stream: OutputStream,
  noun = "Regions",
): { show: (progress: Progress) => void; stop: () => void } {
  const progressBar = new SingleBar({
    format: `Reading {value} of {total} ${noun} {bar}`,
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
      if (!isShown) progressBar.start(total, done);
      else progressBar.update(done);
      isShown = true;
    },
    stop() {
      if (isShown) progressBar.stop();
    },
  };
}
