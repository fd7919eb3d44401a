import { randomInt } from "node:crypto";

const letters = ["ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"] as const;
const classes = [...letters, "0123456789", "_-+=."] as const;
const length = 30;

/**
 * Makes a password that every engine accepts: 30 characters (Oracle's maximum), a letter first, each character class (SQL Server requires
 * three), no character that any engine forbids. The step that makes it never returns, stores or logs it.
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
