import { expect } from "@jest/globals";
import type { AlertMessage } from "../../lib/report/chat/alert-message.ts";

/** Expects that a message is within all limits and contains only the program's own markup and the expected link. */
export function expectSafeAlert(message: AlertMessage, reportUrl?: string): void {
  const { title, description, nextSteps, keywords } = message.content;
  const { threadId, summary, additionalContext } = message.metadata;
  expect(title.length).toBeLessThanOrEqual(250);
  expect(description.length).toBeLessThanOrEqual(8_000);
  for (const step of nextSteps) expect(step.length).toBeLessThanOrEqual(350);
  for (const keyword of keywords) expect(keyword.length).toBeLessThanOrEqual(75);
  const texts = [title, description, ...nextSteps, ...keywords, threadId, summary, ...Object.values(additionalContext)];
  for (const text of texts) {
    expect(text.isWellFormed()).toBe(true);
    expect(text).not.toMatch(/[<>]|&(?!(amp|lt|gt);)|\]\(/);
    expect(reportUrl === undefined ? text : text.replaceAll(reportUrl.replace("&", "&amp;"), "")).not.toMatch(
      /:\/\/(?! |$|…|`)/m,
    );
  }
  for (const text of [title, ...nextSteps, ...keywords, threadId, summary]) expect(text).not.toMatch(/\p{Cc}/u);
  expect(description.replaceAll("```", "").split("`").length % 2).toBe(1);
  expect(description.split("```").length % 2).toBe(1);
  expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThan(262_144);
}
