import { PassThrough } from "node:stream";
import { expect, test } from "@jest/globals";
import { createProgressBar } from "../../cli/progress-bar.ts";

function draw(isTTY: boolean, total: number): string {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  const bar = createProgressBar(stream);
  for (const done of [0, 1, total]) bar.show({ done, total });
  bar.stop();
  return String(stream.read() ?? "");
}

test("a terminal is shown how far the reading is", () => expect(draw(true, 20)).toContain("of 20 Regions"));
test("nothing is drawn where nobody looks", () => expect(draw(false, 20)).toBe(""));
test("nothing is drawn for what is done at once", () => expect(draw(true, 3)).toBe(""));
