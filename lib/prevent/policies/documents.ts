import { UsageError } from "../../model/errors.ts";
import type { PolicyMeans } from "../means.ts";
import type { DenyStatement } from "./statements.ts";

/** A policy document. */
export type PolicyDocument = { readonly Version: "2012-10-17"; readonly Statement: readonly DenyStatement[] };

/**
 * Characters that AWS takes. IAM does not count white space; AWS Organizations counts it unless the console removes it, so `renderDocument`
 * leaves it out where it matters.
 * Sources: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html,
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export const maxCharacters = { scp: 5120, "iam-policy": 6144 } as const;

/** SCPs that can be attached to one account or organizational unit, `FullAWSAccess` included. */
export const maxAttached = 5;

/** Packs statements into as few documents as AWS's limit allows, in order. Throws a UsageError if one statement is too long for any. */
export function toDocuments(means: PolicyMeans, statements: readonly DenyStatement[]): readonly PolicyDocument[] {
  const limit = maxCharacters[means];
  const documents: PolicyDocument[] = [];
  for (const statement of statements) {
    const last = documents.at(-1);
    const joined = toDocument([...(last?.Statement ?? []), statement]);
    if (last !== undefined && sizeOf(joined) <= limit) documents[documents.length - 1] = joined;
    else documents.push(toDocument([statement]));
    const size = sizeOf(toDocument([statement]));
    if (size > limit)
      throw new UsageError(
        `The exemptions need a statement of ${size} characters, and AWS takes ${limit}: exempt whole accounts, use globs such as legacy-*, or exempt fewer databases.`,
      );
  }
  return documents;
}

/** The characters of a document without white space. */
function sizeOf(document: PolicyDocument): number {
  return JSON.stringify(document).length;
}

function toDocument(Statement: readonly DenyStatement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement };
}

/** A document as indented JSON, or in one line if the indented one is too long for AWS. */
export function renderDocument(means: PolicyMeans, document: PolicyDocument): string {
  const indented = JSON.stringify(document, null, 2);
  return `${indented.length <= maxCharacters[means] ? indented : JSON.stringify(document)}\n`;
}
