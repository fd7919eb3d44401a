import { type ClassificationContext, classify } from "../../audit/classify.ts";
import { activeRules, applyRule, type RuleResult, renderJudgment, toFinding } from "../../audit/judge.ts";
import { type ClassifiedDatabase, hasIamMasterUsers } from "../../model/database.ts";
import type { Finding } from "../../model/finding.ts";
import type { Policy } from "../../model/policy.ts";
import type { Rule, RuleContext, Verdict } from "../../model/rule.ts";
import { cdkNames, type SettingNames } from "../../patches/settings.ts";
import { keyRule } from "../requirements.ts";
import { defaultKey, toKeyFacts, toRequiredKey, toStorageKeyFact } from "./compare-keys.ts";
import type { DeclaredDatabase } from "./declaration.ts";
import { describeFix } from "./describe-fix.ts";
import { matchesDeclared } from "./match-declared.ts";
import { describeSource, findPassword, passwordRule } from "./password-rule.ts";
import { forTemplates, templateRuleIds } from "./template-messages.ts";
import { listUnresolved, listVariants, resolvedEngine, type Variant } from "./variants.ts";

/** What declared databases are judged by. */
export type Standard = { readonly policy: Policy; readonly rules: readonly Rule[]; readonly now: string };

/** A declared database as it is reported, and what is wrong with it. */
export type JudgedDeclaration = { readonly database: ClassifiedDatabase; readonly findings: readonly Finding[] };

/** The rules that are judged before a database exists. */
export function toTemplateRules(rules: readonly Rule[]): readonly Rule[] {
  return [...rules.filter(({ id }) => templateRuleIds.includes(id)).map(forTemplates), passwordRule];
}

/** Judges a declared database by the rules for databases in AWS, and its password by the rule for templates. */
export function judgeDeclared(declared: DeclaredDatabase, standard: Standard): JudgedDeclaration {
  const variants = listVariants(declared);
  const classified = (variants ?? []).map((variant) => ({
    variant,
    database: classifyDeclared(variant, declared, standard),
  }));
  const shown = classified.find(({ database }) => database.management === "unmanaged") ?? classified[0];
  const database = shown?.database ?? toUnclassified(declared);
  const policy = policyFor(declared, standard.policy);
  const findings = activeRules(toTemplateRules(standard.rules), policy).flatMap((rule) => {
    const { result, of } = judgeRule(rule, declared, database, classified, standard);
    const judgment = renderJudgment(result, of, policy);
    const finding = toFinding(withEvidence(judgment, declared, rule.id, standard.policy), of, policy, standard.now);
    return finding === null ? [] : [{ ...finding, location: locate(declared, rule.id) }];
  });
  return { database: { ...database, engine: resolvedEngine(declared) }, findings };
}

type Classified = { readonly variant: Variant; readonly database: ClassifiedDatabase };

/** The verdict that all variants have, or the one that says what is not resolved. */
function judgeRule(
  rule: Rule,
  declared: DeclaredDatabase,
  database: ClassifiedDatabase,
  classified: readonly Classified[],
  standard: Standard,
): { result: Pick<RuleResult, "rule" | "verdict" | "message">; of: ClassifiedDatabase } {
  const asResult = (verdict: Verdict, of = database) => {
    const message = rule.messages[verdict.messageId];
    if (message === undefined) throw new Error(`rule ${rule.id} has no message "${verdict.messageId}"`);
    const data = { ...wordsOf(declared, of, standard.policy), ...verdict.data };
    return { result: { rule, verdict: { ...verdict, data }, message }, of };
  };
  if (rule.id === passwordRule.id) return asResult(findPassword(declared.password));
  const required = rule.id === keyRule ? keyRequirementOf(declared, standard.policy) : noRequirement;
  const isManaged = classified.some((one) => one.database.management === "managed");
  if (typeof required === "string" && isManaged) return asResult({ messageId: "unresolved", data: { why: required } });
  const results = classified.map((one) => ({
    ...applyRule(
      rule,
      one.database,
      ruleContextOf(one.variant, typeof required === "string" ? noRequirement : required, standard),
    ),
    of: one.database,
  }));
  const [first] = results;
  const isAgreed = first !== undefined && results.every(({ message }) => message.status === first.message.status);
  if (!isAgreed) return asResult({ messageId: "unresolved", data: { why: listUnresolved(declared) } });
  return first.crash === null ? asResult(first.verdict, first.of) : { result: first, of: first.of };
}

/** Classifies a database as the audit does. Its template can say what the audit knows only from the policy: whether the master user has a password. */
function classifyDeclared(
  { database, hasIamMasterUser }: Variant,
  declared: DeclaredDatabase,
  { policy }: Standard,
): ClassifiedDatabase {
  const listed = hasIamMasterUser === null && isListedAsIam(declared, policy);
  const isIam = hasIamMasterUser === true || listed === true;
  const classified = classify(
    { ...database, iamAuthentication: isIam },
    contextOf({ ...policy.support, iamDbAuth: isIam ? [{}] : [] }),
  );
  if (hasIamMasterUser === true && classified.reason === "iam-db-auth")
    return { ...classified, explanation: "its master user logs in with IAM (iam-db-auth), so it has no password" };
  const isInDoubt =
    typeof listed === "string" && classified.management === "unmanaged" && hasIamMasterUsers(classified);
  return isInDoubt ? { ...classified, doubt: listed } : classified;
}

/** True if the policy lists the database under `support.iamDbAuth`, or text that says why that is unknown. */
function isListedAsIam(declared: DeclaredDatabase, { support }: Policy): boolean | string {
  const { options, why } = declared.iamAuthentication;
  if (!options.includes(true)) return false;
  const verdicts = support.iamDbAuth.map((match) => matchesDeclared(match, declared)).filter((one) => one !== false);
  const [first] = verdicts;
  if (first === undefined) return false;
  if (why !== null) return why;
  return verdicts.includes(true) || `${first}, and the policy lists master users without a password by it`;
}

function contextOf(support: Policy["support"]): ClassificationContext {
  const none = { arns: new Set<string>(), gap: null, doubts: new Map<string, string>() };
  return {
    globalClusterMembers: none,
    blueGreenDatabases: none,
    sources: { names: new Set(), gap: null },
    support,
  };
}

function ruleContextOf(
  { key, storageKey }: Variant,
  { require, differentFromStorage }: SecretKeyRequirement,
  { policy, now }: Standard,
): RuleContext {
  const notSeen = { seen: false, why: "the database does not exist yet" } as const;
  const given = key ?? defaultKey;
  const facts = toKeyFacts(given);
  return {
    now,
    thresholds: policy.thresholds,
    secret: notSeen,
    resourcePolicy: notSeen,
    rdsKey: facts,
    secretKey: facts,
    keyAccess: [],
    storageKey: toStorageKeyFact(storageKey, given),
    differentFromStorage: differentFromStorage ?? false,
    startedAt: notSeen,
    requiredKeys: require.map((requirement) => toRequiredKey(requirement, given)),
    cluster: { seen: true, value: true },
    tenantDatabases: { seen: true, value: true },
  };
}

/** The keys that the policy requires; text if that depends on what is not known before deployment. */
export function keyRequirementOf(declared: DeclaredDatabase, { keys }: Policy): SecretKeyRequirement | string {
  for (const requirement of keys) {
    const verdict = matchesDeclared(requirement.match, declared);
    if (typeof verdict === "string") return `${verdict}, and the policy requires a key by it`;
    if (verdict) return requirement;
  }
  return noRequirement;
}

type SecretKeyRequirement = Pick<Policy["keys"][number], "require" | "differentFromStorage">;
const noRequirement: SecretKeyRequirement = { require: [] };

/** The policy with the exemptions that are known to cover the database, for every database. */
function policyFor(declared: DeclaredDatabase, policy: Policy): Policy {
  const covering = policy.exemptions.filter(({ match }) => matchesDeclared(match, declared) === true);
  return { ...policy, exemptions: covering.map((one) => ({ ...one, match: {} })) };
}

/** Adds where the finding comes from, and exemptions that may apply after deployment. */
function withEvidence<J extends { evidence: Finding["evidence"] }>(
  judgment: J,
  declared: DeclaredDatabase,
  rule: string,
  policy: Policy,
): J {
  const uncertain = policy.exemptions.filter(
    ({ match, rules }) =>
      (rules === undefined || rules.includes(rule)) && typeof matchesDeclared(match, declared) === "string",
  );
  const { createdAt: _, ...evidence } = judgment.evidence;
  return {
    ...judgment,
    evidence: {
      ...evidence,
      ...("engine" in evidence && { engine: resolvedEngine(declared) }),
      ...(declared.condition !== null && { conditionNotResolved: declared.condition }),
      ...(declared.path !== null && { construct: declared.path }),
      ...(declared.assumed.length > 0 && { parameterDefaults: [...declared.assumed] }),
      ...(uncertain.length > 0 && {
        exemptionsNotDecided: uncertain.map(({ owner, until }) => `${owner}, until ${until}`),
      }),
    },
  };
}

/** The words for the placeholders of the messages for templates. */
function wordsOf(
  declared: DeclaredDatabase,
  { engine }: ClassifiedDatabase,
  policy: Policy,
): Readonly<Record<string, string>> {
  const { lineOf, managed, password } = declared;
  const at = (property: keyof SettingNames) => (lineOf(property) === null ? "" : ` (line ${lineOf(property)})`);
  const [isManaged] = managed.options;
  const setting =
    isManaged === null ? `${declared.names.managed} is not set` : `${declared.names.managed} is false${at("managed")}`;
  const source = describeSource(password);
  const isCdk = declared.path !== null;
  const required = keyRequirementOf(declared, policy);
  const names = isCdk ? cdkNames : declared.names;
  return {
    setting: source === "" ? setting : `${setting}, and ${source}`,
    fix: describeFix(declared, engine, typeof required === "string" ? [] : required.require),
    turnOn: names.turnOn,
    password: isCdk ? names.password : `${names.password}${at("password")}`,
    key: names.key,
  };
}

const linesByRule: Readonly<Record<string, keyof SettingNames>> = {
  [passwordRule.id]: "password",
  [keyRule]: "key",
};

function locate({ file, line, lineOf, path }: DeclaredDatabase, rule: string) {
  return { file, line: lineOf(linesByRule[rule] ?? "managed") ?? line, path };
}

/** A database of which too much is unknown to classify it. */
function toUnclassified(declared: DeclaredDatabase): ClassifiedDatabase {
  const first = <T>({ options }: { readonly options: readonly T[] }) => ({ options: options.slice(0, 1), why: null });
  const [variant] =
    listVariants({
      ...declared,
      engine: first(declared.engine),
      managed: { options: [false], why: null },
      key: first(declared.key),
      storageKey: first(declared.storageKey),
      clusterIdentifier: first(declared.clusterIdentifier),
      replicationSource: first(declared.replicationSource),
      engineMode: first(declared.engineMode),
      scalabilityType: first(declared.scalabilityType),
      globalClusterIdentifier: first(declared.globalClusterIdentifier),
      rdsCustom: first(declared.rdsCustom),
      masterUserAuthentication: first(declared.masterUserAuthentication),
    }) ?? [];
  if (variant === undefined) throw new Error(`${declared.name} has no variant`);
  return { ...variant.database, management: "unmanaged", reason: null, explanation: null, doubt: null };
}
