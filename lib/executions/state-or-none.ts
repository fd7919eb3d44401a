import { isTransient } from "../model/errors.ts";
import { emptyRemediationState, type RemediationState } from "../model/remediation-state.ts";
import type { Stored } from "../storage/update-stored.ts";

/** The version of a state that cannot be read. */
const unreadable = "unreadable";

/**
 * A repair state for finishing an interrupted toggle: while management is off, a state that cannot be read must not block that. It is then
 * empty, so the toggle has no snapshot and needs approval, and nothing is written.
 */
export function stateOrNone(state: Stored<RemediationState>): Stored<RemediationState> {
  return {
    name: state.name,
    read: () =>
      state.read().catch((error: unknown) => {
        if (isTransient(error)) throw error;
        return { value: emptyRemediationState, version: unreadable };
      }),
    write: async (value, version) => version === unreadable || state.write(value, version),
  };
}
