import type { Progress } from "../../lib/collect/take-inventory.ts";
import { type OutputStream, write } from "../io.ts";

/** Most accounts are read by then. */
const defaultSeconds = 10;

/** Says once, if reading AWS takes longer than some seconds, how far it is and how to stop earlier. */
export function createSlownessNotice(
  stream: OutputStream,
  seconds = defaultSeconds,
  noun = "Regions",
): { show: (progress: Progress) => void; stop: () => void } {
  let progress: Progress = { done: 0, total: 0 };
  const timer = setTimeout(() => {
    const { done, total } = progress;
    const read = total === 0 ? "" : ` ${done} of ${total} ${noun} are read.`;
    const text = `AWS has not answered everything after ${seconds} seconds.${read} To stop earlier, use --timeout.\n`;
    void write(stream, text);
  }, seconds * 1000);
  return {
    show(next) {
      progress = next;
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
