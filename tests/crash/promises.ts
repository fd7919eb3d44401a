import type { World } from "./world.ts";

/** Every promise that is looked after, by the name that a broken one is reported under. */
export const promises = {
  marked: "while nobody knows the password, the mark is on the database",
  oneSecret: "a database never has two living secrets",
  nothingElse: "nothing but the database and its own secret is changed",
  gates: "nothing is begun against a gate that was closed before",
  approved: "nothing is begun that a person has to approve and has not",
  inWindow: "no password is changed outside of the window",
  pending: "what somebody left pending is not applied early",
  atOnce: "never more than the budget allows are at work at once",
  perDay: "never more than the budget allows are begun in 24 hours",
  circuit: "nothing is begun after too many failures in a row",
  alone: "of two executions with one store only one is at work on a database",
  noPassword: "no password is kept anywhere",
  placeFreed: "an execution that ends frees its place",
  endsWell: "no execution ends in an error",
  notified: "it is told how an execution ended",
  truthful: "what is told is so",
  notLeft: "a database that is left off is found by the audit",
  persists: "no execution ends within a day while management is off",
  onAgain: "management is on in the end",
  soon: "management is on again within four days after the last thing went wrong",
  intended: "the secret is the one that was intended",
  restored: "what the old secret had, the new one has, or it is said that it has not",
  cleanedUp: "neither mark nor keepsake nor a running entry is left",
  arnTold: "a secret's new ARN is told, or that it could not be read",
  comesToRest: "nothing is left to be done in the end",
  repaired: "the rule that asked passes in the end",
} as const;

/** A promise was broken. The same is said once. */
export function breakPromise({ broken, now }: World, promise: string, how: string): void {
  for (const said of broken) if (said.startsWith(`${promise}: `)) return;
  broken.add(`${promise}: ${how} (at ${now()})`);
}
