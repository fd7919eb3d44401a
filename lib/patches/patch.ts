import type { Database } from "../model/database.ts";

/** The tools that a change can be made with. */
export const tools = ["cloudformation", "cdk", "terraform", "aws-cli"] as const;
export type Tool = (typeof tools)[number];

/** The tools by the names that people know. */
export const toolNames: Readonly<Record<Tool, string>> = {
  cloudformation: "CloudFormation",
  cdk: "AWS CDK",
  terraform: "Terraform",
  "aws-cli": "AWS CLI",
};

/** A step of a change: a sentence, and the lines or commands for it. */
type PatchStep = { readonly what: string; readonly code: string | null };

/** The change that a finding needs, made with one tool: its steps in order. Without any, `none` says why the tool cannot make it. */
export type Patch = { readonly steps: readonly PatchStep[]; readonly none: string | null };

/** What a change is about. */
export type PatchTarget = Pick<Database, "kind" | "region" | "identifier"> & {
  /** The name of its resource or construct in a template or a configuration. */
  readonly resource: string;
  /** The managed secret. */
  readonly secretArn: string;
  /** The key of a new secret, as RDS takes it; null for the default key. */
  readonly key: string | null;
  /** The key of the present secret. */
  readonly presentKey: string;
  /** The interval of the rotation. */
  readonly days: number;
};

/** One change, with each tool. */
export type ChangeByTool = Readonly<Record<Tool, (target: PatchTarget) => Patch>>;

/** Names that a person replaces, where a change is not about one database. */
export const placeholders: PatchTarget = {
  kind: "instance",
  region: "REGION",
  identifier: "DATABASE",
  resource: "NAME",
  secretArn: "SECRET_ARN",
  key: null,
  presentKey: "KEY_ARN",
  days: 7,
};

/** A change in steps: a sentence alone, or with its lines. */
export function inSteps(...steps: readonly (readonly [what: string, code?: string])[]): Patch {
  return { steps: steps.map(([what, code = null]) => ({ what, code })), none: null };
}

/** A change that a tool cannot make. */
export function impossible(none: string): Patch {
  return { steps: [], none };
}

/** A change that neither CloudFormation, the CDK nor Terraform can make, for the same reason. */
export function onlyAwsCli(reason: string, withAwsCli: ChangeByTool["aws-cli"]): ChangeByTool {
  const none = () => impossible(reason);
  return { cloudformation: none, cdk: none, terraform: none, "aws-cli": withAwsCli };
}

/** Refuses tenant databases, for which these tools have no resource. */
export function notForTenants(change: ChangeByTool): ChangeByTool {
  const refuse =
    (tool: Exclude<Tool, "aws-cli">) =>
    (target: PatchTarget): Patch =>
      target.kind === "tenant-database"
        ? impossible(`${toolNames[tool]} has no resource for tenant databases. Use the AWS CLI.`)
        : change[tool](target);
  return { ...change, cloudformation: refuse("cloudformation"), cdk: refuse("cdk"), terraform: refuse("terraform") };
}

/** The change of a DB instance whose names a person fills in, with the lines for a DB cluster where they are others. */
export function forBothKinds(change: ChangeByTool, tool: Tool, key: string | null): Patch {
  const of = (kind: PatchTarget["kind"]) => change[tool]({ ...placeholders, kind, key });
  const [{ steps, none }, cluster] = [of("instance"), of("cluster")];
  return {
    none,
    steps: steps.map(({ what, code }, index) => {
      const other = cluster.steps[index]?.code ?? null;
      const isSame = code === null || other === null || other === code;
      const comment = tool === "cdk" && !/^(aws|until) /.test(code ?? "") ? "//" : "#";
      return { what, code: isSame ? code : `${code}\n${comment} for a DB cluster:\n${other}` };
    }),
  };
}
