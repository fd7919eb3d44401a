import { type Finding, isUnknown, isViolation } from "../../model/finding.ts";
import type { Tool } from "../../patches/patch.ts";
import { parseTemplate, type Template } from "../cloudformation/parse-template.ts";
import { type TemplateContext, toDeclarations } from "../cloudformation/to-declarations.ts";
import { get } from "../json-value.ts";
import type { Declarations, DeclaredDatabase } from "../templates/declaration.ts";
import { judgeDeclared, keyRequirementOf, type Standard } from "../templates/judge-declared.ts";
import { passwordRule } from "../templates/password-rule.ts";
import { NotEditable } from "./edit-mapping.ts";
import { editTemplate } from "./edit-template.ts";
import { findHiddenLines } from "./hidden-lines.ts";
import { planChanges, type WantedKey } from "./plan-changes.ts";
import { applyToValue, isSameTemplate } from "./template-change.ts";
import { makeDiff } from "./unified-diff.ts";

/** A database that is changed, and what to do besides. */
type PatchedDatabase = { readonly name: string; readonly notes: readonly string[] };

/** A database that is not changed, and why; and the tool that writes its file, whose source has to be changed, with what to change there. */
type UnpatchedDatabase = {
  readonly name: string;
  readonly reason: string;
  readonly source: { readonly tool: Tool; readonly fixes: readonly string[] } | null;
};

/** A template to change: its path in the diff, its name in messages, its text, and the byte order mark that the text lacks. */
type TemplateSource = {
  readonly path: string;
  readonly file: string;
  readonly text: string;
  readonly bom?: string;
};

/** The changes of a template as a unified diff, which is empty if there are none. */
export type TemplatePatch = {
  readonly diff: string;
  readonly patched: readonly PatchedDatabase[];
  readonly unpatched: readonly UnpatchedDatabase[];
};

/**
 * Changes what the rules find in a template, as far as that is safe: each change leaves the rest of the text as it is, and is kept only if the
 * changed text parses to what was meant, the rules find nothing in the database then, and the diff shows no password.
 */
export function patchTemplate(source: TemplateSource, context: TemplateContext, standard: Standard): TemplatePatch {
  const { path, file, text: before, bom = "" } = source;
  const original = parseTemplate(before, file);
  const isGenerated = context.nestedAreJudged || isCdkOutput(original);
  const patched: PatchedDatabase[] = [];
  const unpatched: UnpatchedDatabase[] = [];
  let hidden: ReadonlySet<number> | null = null;
  const diffTo = (after: string) => {
    hidden ??= findHiddenLines(before, original.root);
    return makeDiff(path, bom + before, bom + after, hidden);
  };
  let text = before;
  for (const declared of toDeclarations(original, context).databases) {
    const { findings } = judgeDeclared(declared, standard);
    if (!findings.some(isViolation)) unpatched.push(...listUnknown(declared, findings));
    else if (isGenerated || declared.path !== null)
      unpatched.push(inSource(declared, findings, "cdk", "the CDK writes this template"));
    else
      try {
        const changed = patchDatabase(text, declared.name, { file, context, standard });
        diffTo(changed.text);
        text = changed.text;
        patched.push({ name: declared.name, notes: changed.notes });
      } catch (error) {
        if (!(error instanceof NotEditable)) throw error;
        unpatched.push({ name: declared.name, reason: error.message, source: null });
      }
  }
  return { diff: text === before ? "" : diffTo(text), patched, unpatched };
}

/** What to change for the databases of a Terraform plan, which has no source to change. */
export function patchPlan({ databases }: Declarations, standard: Standard): TemplatePatch {
  const unpatched = databases.flatMap((declared) => {
    const { findings } = judgeDeclared(declared, standard);
    return findings.some(isViolation)
      ? [inSource(declared, findings, "terraform", "a plan has no source to change")]
      : listUnknown(declared, findings);
  });
  return { diff: "", patched: [], unpatched };
}

function inSource(
  { name }: DeclaredDatabase,
  findings: readonly Finding[],
  tool: Tool,
  reason: string,
): UnpatchedDatabase {
  const violations = findings.filter(isViolation);
  // Turning management on also takes the password out.
  const others = violations.filter(({ rule }) => rule !== passwordRule.id);
  const fixes = (others.length > 0 ? others : violations).map(({ remediation }) => remediation);
  return { name, reason, source: { tool, fixes } };
}

/** A database that could not be judged. */
function listUnknown({ name }: DeclaredDatabase, findings: readonly Finding[]): readonly UnpatchedDatabase[] {
  return findings
    .filter(isUnknown)
    .slice(0, 1)
    .map(({ message }) => ({ name, reason: message, source: null }));
}

type PatchContext = { readonly file: string; readonly context: TemplateContext; readonly standard: Standard };

/** The text with one database changed. Tries the key that is there before the one that the policy names. */
function patchDatabase(text: string, name: string, target: PatchContext): { text: string; notes: readonly string[] } {
  const template = parseTemplate(text, target.file);
  const declared = declaredIn(template, name, target);
  const required = keyRequirementOf(declared, target.standard.policy);
  // Without the key, RDS would take the default one, and would not change it later.
  if (typeof required === "string") throw new NotEditable(`the key to set is not known: ${required}`);
  const { changes, notes } = planChanges(template, declared, undefined);
  const kept = tryChanges(text, template, changes, name, target);
  if (kept !== null) return { text: kept, notes };
  const withKey = planChanges(template, declared, chooseKey(required.require));
  const keyed = tryChanges(text, template, withKey.changes, name, target);
  if (keyed === null) throw new NotEditable("the changed template would still have a finding");
  const isManaged = declared.managed.options.every((one) => one === true);
  return {
    text: keyed,
    notes: [
      ...withKey.notes,
      ...(isManaged
        ? ["RDS does not change the key of a database that it manages already: turn management off and on first."]
        : []),
    ],
  };
}

/** The changed text; null if the rules still find something in the database. */
function tryChanges(
  text: string,
  template: Template,
  changes: ReturnType<typeof planChanges>["changes"],
  name: string,
  target: PatchContext,
): string | null {
  const changed = changes.length === 0 ? text : editTemplate(text, changes);
  const parsed = parseTemplate(changed, target.file);
  if (!isSameTemplate(parsed.root, applyToValue(template.root, changes)))
    throw new NotEditable("the file is not written in a way that can be edited");
  const { findings } = judgeDeclared(declaredIn(parsed, name, target), target.standard);
  return findings.some(isViolation) ? null : changed;
}

function declaredIn(template: Template, name: string, { context }: PatchContext): DeclaredDatabase {
  const declared = toDeclarations(template, context).databases.find((one) => one.name === name);
  if (declared === undefined) throw new NotEditable("the changed template would not have it");
  return declared;
}

/** The first key that the policy names, as a template takes it. */
function chooseKey(required: readonly string[]): WantedKey {
  const first = required.find((one) => one !== "customer-managed");
  if (first === undefined && required.length > 0)
    throw new NotEditable("the policy requires a customer managed key and names none: set MasterUserSecret.KmsKeyId");
  return first === "aws-managed" ? null : first;
}

function isCdkOutput({ root }: Template): boolean {
  return Object.values(get(root, "Resources") ?? {}).some((one) => get(one, "Type") === "AWS::CDK::Metadata");
}
