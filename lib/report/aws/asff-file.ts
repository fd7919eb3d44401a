import { makeArn, parseArn } from "../../model/arn.ts";
import type { Finding } from "../../model/finding.ts";
import { escapeUnprintable } from "../text/printable.ts";
import type { Reporter } from "../text/reporter.ts";
import { toAsff } from "./asff.ts";

/** Renders the findings as Security Hub gets them: a JSON array for `aws securityhub batch-import-findings`, which takes 100 at a time. */
export const renderAsff: Reporter = ({ findings, generatedAt }) => {
  const all = findings.map((finding) =>
    toAsff(finding, { state: "active", at: generatedAt, productArn: productArnOf(finding) }),
  );
  return `${escapeUnprintable(JSON.stringify(all, null, 2))}\n`;
};

/** The default product of the finding's account, into which its owner may import. */
function productArnOf({ account, region, resource }: Finding): string {
  const { partition = "aws" } = parseArn(resource.arn) ?? {};
  return makeArn({ partition, service: "securityhub", region, account, resource: `product/${account}/default` });
}
