/** What the hook refuses, in sentences, or what it says if it refuses nothing. */
export type HookOutcome = {
  readonly refused: readonly string[];
  /** True if something is refused only because it could not be judged. */
  readonly isUnknown?: boolean;
  readonly message: string;
};
