/** What can be done about a finding, from the least to the most disruptive. `finish-interrupted` finishes what another one began. */
export const actionNames = ["schedule-rotation", "rotate", "toggle", "enable", "finish-interrupted"] as const;
export type ActionName = (typeof actionNames)[number];

/** What a policy may allow. An interrupted toggle is finished wherever a toggle is allowed. */
export const allowableActions = ["schedule-rotation", "rotate", "toggle", "enable"] as const;
export type AllowableAction = (typeof allowableActions)[number];

/** The permission that an action needs in a policy. */
export function permissionFor(action: ActionName): AllowableAction {
  return action === "finish-interrupted" ? "toggle" : action;
}

/** What an action does to those who use the database, in one sentence. */
export const impacts: Readonly<Record<ActionName, string>> = {
  "schedule-rotation":
    "Nothing changes now; from its next date on the password changes by itself, under the same secret ARN.",
  rotate:
    "The password changes under the same secret ARN; whoever holds the old password has to read the secret again.",
  toggle:
    "The secret is deleted and a new one with a new ARN takes its place; whoever has the old ARN or the old password is locked out until told. Open connections stay.",
  enable:
    "RDS sets a new master password and keeps it in a secret; whoever holds the old password is locked out. Open connections stay.",
  "finish-interrupted":
    "Management is turned on again with a new secret; nobody knows the password that is replaced, so nobody is locked out.",
};
