import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { profileNames } from "../../cli/input/profile-names.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "profiles-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const config = `[default]
region = eu-west-1
[profile staging] # as in the documentation
[ profile "with space" ]
[sso-session corporate]
[services local]
# [profile commented]
; [profile commented]
[profile audit@example.com]
`;

test("lists the profiles of both files", async () => {
  mkdirSync(join(folder, ".aws"));
  writeFileSync(join(folder, ".aws", "config"), config);
  writeFileSync(join(folder, ".aws", "credentials"), "[production]\r\naws_access_key_id = x\r\n[staging]\r\n");
  expect(await profileNames({ HOME: folder })).toEqual([
    "audit@example.com",
    "default",
    "production",
    "staging",
    "with space",
  ]);
});

test("reads the files that the environment names", async () => {
  writeFileSync(join(folder, "mine"), config);
  expect(await profileNames({ HOME: folder, AWS_CONFIG_FILE: join(folder, "mine") })).toContain("staging");
  expect(await profileNames({ HOME: folder, AWS_CONFIG_FILE: "~/mine" })).toContain("staging");
  expect(await profileNames({ HOME: folder, AWS_SHARED_CREDENTIALS_FILE: join(folder, "mine") })).toContain("staging");
});

test("finds none without files", async () => expect(await profileNames({ HOME: folder })).toEqual([]));
