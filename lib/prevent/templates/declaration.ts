import type { SettingNames } from "../../patches/settings.ts";

/**
 * A setting of a database in a template or plan. `options` are the values that it can have when it is applied (null: not set): one if it is
 * resolved. `why` says what is not resolved, or is null. A text that is set but not known is `unresolvedText`.
 */
export type Declared<T> = { readonly options: readonly (T | null)[]; readonly why: string | null };

/** A text that is set, and whose value is known only when it is applied. */
export const unresolvedText = "(known after deployment)";

/** A setting with this value; null if it is not set. */
export function known<T>(value: T | null): Declared<T> {
  return { options: [value], why: null };
}

/** Where a password comes from. `line` is the one to change. */
export type DeclaredPassword = {
  readonly source:
    | "literal"
    | "parameter-default"
    | "parameter-shown"
    | "parameter-file"
    | "parameter-hidden"
    | "secrets-manager"
    | "ssm"
    | "state"
    | "write-only"
    | "reference";
  /** The parameter, variable or resource that it comes from; never a value. */
  readonly name: string | null;
};

/** A KMS key: of a managed secret, or of the storage. */
export type DeclaredKey = {
  /** As written, or the name of the resource that is the key. */
  readonly reference: string;
  /** As KMS reports it; null if the reference does not show it. */
  readonly manager: "AWS" | "CUSTOMER" | null;
  /** Names of the template's own aliases for the key. */
  readonly aliases: readonly string[];
  /** The resource of the file that is the key; null if there is none, or it is not known which. */
  readonly resource: string | null;
  /** How a key that is not resolved is written, so that the same text is the same key; otherwise null. */
  readonly expression: string | null;
};

/** A DB instance or DB cluster that a template or plan declares. */
export type DeclaredDatabase = {
  readonly file: string;
  /** Logical ID in CloudFormation, address in Terraform. */
  readonly name: string;
  /** Path of the CDK construct. */
  readonly path: string | null;
  readonly kind: "instance" | "cluster";
  /** Line of the resource and of its settings, by the names in `names`; null if it is not known. */
  readonly line: number | null;
  readonly lineOf: (property: keyof SettingNames) => number | null;
  readonly names: SettingNames;
  readonly account: string | null;
  readonly region: string | null;
  readonly identifier: Declared<string>;
  readonly engine: Declared<string>;
  readonly engineVersion: string | null;
  readonly managed: Declared<boolean>;
  readonly key: Declared<DeclaredKey>;
  /** Null if the storage is not encrypted. */
  readonly storageKey: Declared<DeclaredKey>;
  readonly password: DeclaredPassword | null;
  readonly clusterIdentifier: Declared<string>;
  readonly replicationSource: Declared<string>;
  readonly engineMode: Declared<string>;
  readonly scalabilityType: Declared<string>;
  readonly globalClusterIdentifier: Declared<string>;
  readonly rdsCustom: Declared<string>;
  /** `iam-db-auth` if the master user has no password; null if the file does not say. */
  readonly masterUserAuthentication: Declared<string>;
  /** True if users can log in with IAM. */
  readonly iamAuthentication: Declared<boolean>;
  readonly tags: Declared<Readonly<Record<string, string>>>;
  /** The condition without which the resource is not created, if its value is not known; otherwise null. */
  readonly condition: string | null;
  /** Names of the resources that replicate this one. */
  readonly replicas: readonly string[];
  /** Names of the resources that rotate the password without RDS, or prepare that. */
  readonly rotations: readonly string[];
  /** Parameters whose defaults were taken. */
  readonly assumed: readonly string[];
};

/** A part of a file that was not judged. */
export type Unjudged = { readonly name: string; readonly why: string };

/** What one file declares. */
export type Declarations = {
  readonly file: string;
  readonly databases: readonly DeclaredDatabase[];
  readonly unjudged: readonly Unjudged[];
};
