/** The code of an operating system or Node.js error, such as `ENOENT`, or null. Accepts errors of another realm. */
export function codeOf(error: unknown): string | null {
  const hasCode = typeof error === "object" && error !== null && "code" in error;
  return hasCode && typeof error.code === "string" ? error.code : null;
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  const hasMessage = typeof error === "object" && error !== null && "message" in error;
  return hasMessage ? String(error.message) : String(error);
}
