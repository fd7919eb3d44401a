import { PassThrough } from "node:stream";
import { expect, test } from "@jest/globals";
import { createProgressBar } from "../../cli/output/progress-bar.ts";

function draw(isTTY: boolean, total: number): string {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  const bar = createProgressBar(stream);
  for (const done of [0, 1, total]) bar.show({ done, total });
  bar.stop();
  return String(stream.read() ?? "");
}

test("shows the progress on a terminal", () => expect(draw(true, 20)).toContain("of 20 Regions"));
test("draws nothing without a terminal", () => expect(draw(false, 20)).toBe(""));
test("draws nothing for a few Regions", () => expect(draw(true, 3)).toBe(""));
