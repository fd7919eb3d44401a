import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";

const documents = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", ...globSync("docs/**/*.md")];

const withoutCode = (path: string) => readFileSync(path, "utf8").replaceAll(/^ *```[\s\S]*?^ *```/gm, "");

/** The anchors that GitHub makes of a document's headings. */
function anchorsIn(path: string): readonly string[] {
  const headings = [...withoutCode(path).matchAll(/^#+ +(.+)$/gm)].map(([, heading = ""]) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
}

type Link = { readonly from: string; readonly file: string; readonly anchor: string };

/** The links and images of a document that stay in the project. */
function linksIn(from: string): readonly Link[] {
  const targets = [...withoutCode(from).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = "", anchor = ""] = target.split("#");
      return { from, file: path === "" ? from : join(from, "..", path), anchor };
    });
}

describe("links in the documents", () => {
  const links = documents.flatMap(linksIn);

  test("lead to files that exist", () => {
    expect(links.length).toBeGreaterThan(100);
    expect(links.filter(({ file }) => !existsSync(file))).toEqual([]);
  });

  test("lead to headings that exist", () => {
    const anchored = links.filter(({ file, anchor }) => anchor !== "" && existsSync(file));
    expect(anchored.length).toBeGreaterThan(30);
    expect(anchored.filter(({ file, anchor }) => !anchorsIn(file).includes(anchor))).toEqual([]);
  });

  test("work in the published package too", () => {
    const packed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { encoding: "utf8" });
    const [{ files }] = JSON.parse(packed) as [{ files: { path: string }[] }];
    const published = files.map(({ path }) => path);
    const isPublished = (path: string) => published.some((file) => file === path || file.startsWith(join(path, "/")));
    expect(documents.filter(isPublished)).toContain("README.md");
    expect(
      documents
        .filter(isPublished)
        .flatMap(linksIn)
        .filter(({ file }) => !isPublished(file)),
    ).toEqual([]);
  });
});
