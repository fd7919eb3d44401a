import { expect, test } from "@jest/globals";
import { makeTemporaryPassword } from "../../lib/remediate/temporary-password.ts";

const passwords = Array.from({ length: 500 }, makeTemporaryPassword);

/** How many different characters the passwords have at a position. */
const varietyAt = (index: number) => new Set(passwords.map((password) => password[index])).size;

test("a temporary password has 30 characters that every engine accepts, a letter first", () => {
  for (const password of passwords) expect(password).toMatch(/^[A-Za-z][A-Za-z0-9_+=.-]{29}$/);
});

test.each([/[A-Z]/, /[a-z]/, /[0-9]/, /[_+=.-]/])("a temporary password has %s after the first character", (kind) => {
  for (const password of passwords) expect(password.slice(1)).toMatch(kind);
});

test("a temporary password is random, and no class has its place", () => {
  expect(new Set(passwords).size).toBe(passwords.length);
  expect(varietyAt(0)).toBeGreaterThan(40);
  for (let index = 1; index < 30; index += 1) expect(varietyAt(index)).toBeGreaterThan(50);
  expect(new Set(passwords.map((password) => password.slice(1, 5).replace(/[A-Z]/g, "A"))).size).toBeGreaterThan(400);
});
