import type { World } from "./world.ts";

/** Every promise, as a broken one is reported. */
export const promises = {
  tagged: "while the password is unknown, the toggle tag is on the database",
  oneSecret: "a database never has two living secrets",
  nothingElse: "nothing but the database and its own secret is changed",
  gates: "no action starts against a closed gate",
  approved: "no action starts without its approval",
  inWindow: "no password is changed outside of the window",
  pending: "a pending modification is not applied early",
  atOnce: "no more than the budget allows run at once",
  perDay: "no more than the budget allows start in 24 hours",
  circuit: "no action starts after too many failures in a row",
  alone: "of two executions with one state only one works on a database",
  noPassword: "no password is stored anywhere",
  slotFreed: "an execution that ends frees its slot",
  endsWell: "no execution ends in an error",
  notified: "the outcome of an execution is notified",
  truthful: "a notification is true",
  notLeft: "a database that is left off is found by the audit",
  persists: "no execution ends within a day while management is off",
  onAgain: "management is on in the end",
  soon: "management is on again within four days after the last thing went wrong",
  intended: "the secret is the one that was intended",
  restored: "the settings of the old secret are restored, or reported as lost",
  cleanedUp: "no toggle tag, secret snapshot or slot is left",
  arnNotified: "a secret's new ARN is notified, or that it could not be read",
  comesToRest: "nothing is left to be done in the end",
  repaired: "the rule that asked passes in the end",
} as const;

/** A promise was broken. The same is said once. */
export function breakPromise({ broken, now }: World, promise: string, how: string): void {
  for (const said of broken) if (said.startsWith(`${promise}: `)) return;
  broken.add(`${promise}: ${how} (at ${now()})`);
}
