import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** Reads a part of the CloudFormation template, with the short forms of intrinsic functions in full. */
export function readCloudFormation(path: string) {
  return parse(readFileSync(path, "utf8"), {
    logLevel: "silent",
    customTags: [
      { tag: "!GetAtt", resolve: (text: string) => ({ "Fn::GetAtt": text.split(".") }) },
      { tag: "!Sub", resolve: (text: string) => ({ "Fn::Sub": text }) },
      { tag: "!Ref", resolve: (Ref: string) => ({ Ref }) },
    ],
  });
}
