/** The code of what the operating system or Node.js refused, as in `ENOENT`, or null. It may come from another realm. */
export function codeOf(thrown: unknown): string | null {
  const hasCode = typeof thrown === "object" && thrown !== null && "code" in thrown;
  return hasCode && typeof thrown.code === "string" ? thrown.code : null;
}

/** What was thrown, in its own words. */
export function messageOf(thrown: unknown): string {
  const hasMessage = typeof thrown === "object" && thrown !== null && "message" in thrown;
  return hasMessage ? String(thrown.message) : String(thrown);
}
