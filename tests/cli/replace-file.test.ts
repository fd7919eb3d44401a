import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { replaceFile } from "../../cli/output/replace-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "replace-"));
});
afterEach(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);
const modeOf = (name: string) => statSync(file(name)).mode & 0o777;

test("writes a new file, with a mode if one is given", () => {
  replaceFile(file("new"), "é\n", { mode: 0o600 });
  expect([readFileSync(file("new"), "utf8"), modeOf("new"), readdirSync(folder)]).toEqual(["é\n", 0o600, ["new"]]);
});

test("writes the parts of a text one after the other", () => {
  replaceFile(file("new"), ["one\n", "two\n"]);
  expect(readFileSync(file("new"), "utf8")).toBe("one\ntwo\n");
});

test("keeps the mode of the earlier file", () => {
  writeFileSync(file("old"), "old");
  chmodSync(file("old"), 0o664);
  replaceFile(file("old"), "new");
  expect([readFileSync(file("old"), "utf8"), modeOf("old")]).toEqual(["new", 0o664]);
});

test("replaces the target of a symbolic link, not the link", () => {
  writeFileSync(file("target"), "old");
  symlinkSync("target", file("link"));
  replaceFile(file("link"), "new");
  expect(readFileSync(file("target"), "utf8")).toBe("new");
  expect(readdirSync(folder)).toEqual(["link", "target"]);
});

test("leaves nothing behind if it fails", () => {
  expect(() => replaceFile(join(folder, "none", "new"), "new")).toThrow("ENOENT");
  expect(() => replaceFile(folder, "new")).toThrow();
  expect(readdirSync(folder)).toEqual([]);
});
