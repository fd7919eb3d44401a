import { cut } from "./cut.ts";
import { toPrintable } from "./printable.ts";

/** A text from outside as AWS's own fields take it: one printable line of at most `max` characters. */
export function toLine(text: string, max: number): string {
  return cut(toPrintable(text).trim(), max);
}

/** Several of them by name, without those that are empty, which Security Hub and SNS refuse. */
export function toLines(texts: Readonly<Record<string, string>>, max: number): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts)
      .map(([name, text]) => [name, toLine(text, max)] as const)
      .filter(([, line]) => line !== ""),
  );
}
