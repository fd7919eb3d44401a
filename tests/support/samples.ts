import { readFileSync } from "node:fs";

/** The JSON samples in a file's doc comments, in order. */
export function samplesIn(file: string): unknown[] {
  const source = readFileSync(file, "utf8");
  return [...source.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = ""]) =>
    JSON.parse(text.replaceAll(/^ *\* ?/gm, "")),
  );
}
