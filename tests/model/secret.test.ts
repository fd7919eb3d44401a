import { describe, expect, test } from "@jest/globals";
import { isKnownSecretStatus } from "../../lib/model/secret.ts";

describe("the statuses that AWS documents", () => {
  test.each(["creating", "active", "rotating", "impaired"])("%s is known", (status) => {
    expect(isKnownSecretStatus(status)).toBe(true);
  });

  test.each(["", "Active", "deleting", "none"])("%j is not", (status) => {
    expect(isKnownSecretStatus(status)).toBe(false);
  });
});
