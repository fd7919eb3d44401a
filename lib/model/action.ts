/** Repair actions, from the least to the most disruptive. `finish-interrupted` finishes an interrupted toggle. */
export const actionNames = ["schedule-rotation", "rotate", "toggle", "enable", "finish-interrupted"] as const;
export type ActionName = (typeof actionNames)[number];

/** Actions that a policy may allow. Where `toggle` is allowed, so is `finish-interrupted`. */
export const allowableActions = ["schedule-rotation", "rotate", "toggle", "enable"] as const;
export type AllowableAction = (typeof allowableActions)[number];

/** The action that a policy must allow for this one. */
export function permissionFor(action: ActionName): AllowableAction {
  return action === "finish-interrupted" ? "toggle" : action;
}

/** The effect of an action on users of the database, in one or two sentences. */
export const impacts: Readonly<Record<ActionName, string>> = {
  "schedule-rotation":
    "Nothing changes now. From the next rotation date on, the password rotates automatically; the secret keeps its ARN.",
  rotate: "The password changes; the secret keeps its ARN. Clients with the old password must read the secret again.",
  toggle:
    "RDS deletes the secret and creates a new one with a new ARN. Clients with the old ARN or the old password cannot log in until they are updated. Open connections stay.",
  enable:
    "RDS sets a new master password and keeps it in a secret. Clients with the old password cannot log in. Open connections stay.",
  "finish-interrupted":
    "Management is turned on again with a new secret. The replaced password is known to no one, so no client is affected.",
};
