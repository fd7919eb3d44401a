/** Repairs of a finding, from the least to the most disruptive. `finish-interrupted` finishes an interrupted toggle. */
export const actionNames = ["schedule-rotation", "rotate", "toggle", "enable", "finish-interrupted"] as const;
export type ActionName = (typeof actionNames)[number];

/** Actions that a policy can allow. Allowing `toggle` also allows finishing an interrupted one. */
export const allowableActions = ["schedule-rotation", "rotate", "toggle", "enable"] as const;
export type AllowableAction = (typeof allowableActions)[number];

/** The action that the policy must allow. */
export function permissionFor(action: ActionName): AllowableAction {
  return action === "finish-interrupted" ? "toggle" : action;
}

/** What each action does to users of the database. */
export const impacts: Readonly<Record<ActionName, string>> = {
  "schedule-rotation":
    "Nothing changes now. The password rotates on schedule, starting with the next rotation date; the secret ARN stays the same.",
  rotate: "The password changes; the secret ARN stays the same. Users of the old password must read the secret again.",
  toggle:
    "RDS deletes the secret and creates a new one with a new ARN. Users of the old ARN or the old password are locked out until they switch. Open connections stay.",
  enable:
    "RDS sets a new master password and stores it in a secret. Users of the old password are locked out. Open connections stay.",
  "finish-interrupted":
    "RDS manages the password again, in a new secret. The password that it replaces is unknown, so no user is locked out.",
};
