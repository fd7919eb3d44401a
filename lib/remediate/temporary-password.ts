import { randomInt } from "node:crypto";

const letters = ["ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"] as const;
const classes = [...letters, "0123456789", "_-+=."] as const;
const length = 30;

/**
 * A password that every engine takes: 30 characters (Oracle takes no more), the first a letter, some of each class (SQL Server wants
 * three), none that one of them forbids. It is for the step that makes it, and for nobody else: it is never returned, stored or logged.
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html
 */
export function makeTemporaryPassword(): string {
  const any = classes.join("");
  const rest = [...classes, ...Array.from({ length: length - 1 - classes.length }, () => any)].map(pick);
  for (let last = rest.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1);
    [rest[last], rest[other]] = [rest[other] as string, rest[last] as string];
  }
  return pick(letters.join("")) + rest.join("");
}

function pick(from: string): string {
  return from.charAt(randomInt(from.length));
}
