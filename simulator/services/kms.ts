import { createHash } from "node:crypto";
import { arnPrefix, nextSerial } from "../identifiers.ts";
import { findKey, makeKey, policyOf } from "../keys.ts";
import { pageOf } from "../paging.ts";
import { flagIn, listIn, numberIn, type Params, textIn } from "../params.ts";
import { json11 } from "../protocol/json.ts";
import type { SimulatedGrant, SimulatedKey } from "../resources.ts";
import { SimulatedError } from "../simulated-error.ts";
import type { Region } from "../state.ts";
import { jsonErrors } from "./errors.ts";
import type { Action, CallContext, Service } from "./service.ts";

function keyIn(params: Params, { region, callerArn }: CallContext, action: string): SimulatedKey {
  const id = textIn(params, "KeyId") ?? "";
  const key = findKey(region, id);
  if (key) return key;
  throw new SimulatedError(
    "AccessDeniedException",
    `User: ${callerArn} is not authorized to perform: kms:${action} on resource: ${id} because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
  );
}

/** Sets a key's state and the fields that depend on it. */
function setState(key: SimulatedKey, state: string, deletionDate?: Date): void {
  key.KeyState = state;
  key.Enabled = state === "Enabled";
  key.DeletionDate = deletionDate;
}

/** The error for a key in the wrong state: `arn:… is pending deletion.` */
function invalidState({ Arn, KeyState }: SimulatedKey): SimulatedError {
  const state = KeyState.replaceAll(/\B[A-Z]/g, " $&").toLowerCase();
  return new SimulatedError(
    KeyState === "Disabled" ? "DisabledException" : "KMSInvalidStateException",
    `${Arn} is ${state}.`,
  );
}

function checkNotPending(key: SimulatedKey): void {
  if (key.KeyState === "PendingDeletion") throw invalidState(key);
}

function notAuthorized(key: SimulatedKey, { callerArn }: CallContext, action: string): SimulatedError {
  return new SimulatedError(
    "AccessDeniedException",
    `User: ${callerArn} is not authorized to perform: kms:${action} on resource: ${key.Arn}`,
  );
}

function checkCustomer(key: SimulatedKey, context: CallContext, action: string): void {
  if (key.KeyManager === "AWS") throw notAuthorized(key, context, action);
}

function setEnabled(action: "DisableKey" | "EnableKey", state: string): Action {
  return (params, context) => {
    const key = keyIn(params, context, action);
    checkCustomer(key, context, action);
    checkNotPending(key);
    setState(key, state);
    return {};
  };
}

function scheduleKeyDeletion(params: Params, context: CallContext): object {
  const key = keyIn(params, context, "ScheduleKeyDeletion");
  checkCustomer(key, context, "ScheduleKeyDeletion");
  checkNotPending(key);
  const days = numberIn(params, "PendingWindowInDays") ?? 30;
  if (days < 7 || days > 30)
    throw new SimulatedError("ValidationException", "PendingWindowInDays must be between 7 and 30");
  const { region } = context;
  const deletionDate = new Date(region.account.cloud.now().getTime() + days * 86_400_000);
  setState(key, "PendingDeletion", deletionDate);
  region.account.cloud.clock.at(deletionDate, () => {
    if (key.KeyState !== "PendingDeletion" || key.DeletionDate !== deletionDate) return;
    region.keys.delete(key.KeyId);
    for (const [alias, keyId] of region.aliases) if (keyId === key.KeyId) region.aliases.delete(alias);
  });
  return { KeyId: key.Arn, DeletionDate: deletionDate, KeyState: key.KeyState, PendingWindowInDays: days };
}

function cancelKeyDeletion(params: Params, context: CallContext): object {
  const key = keyIn(params, context, "CancelKeyDeletion");
  if (key.KeyState !== "PendingDeletion")
    throw new SimulatedError("KMSInvalidStateException", `${key.Arn} is not pending deletion.`);
  setState(key, "Disabled");
  return { KeyId: key.Arn };
}

/** Supports only `DryRun`: the simulator has no key material. */
function generateDataKey(params: Params, context: CallContext): object {
  const key = keyIn(params, context, "GenerateDataKey");
  // The key policies of AWS managed keys allow use only through their services.
  checkCustomer(key, context, "GenerateDataKey");
  if ((params.KeySpec === undefined) === (params.NumberOfBytes === undefined))
    // Wording not verified.
    throw new SimulatedError("ValidationException", "Please specify either number of bytes or key spec.");
  if (key.KeyState !== "Enabled") throw invalidState(key);
  if (flagIn(params, "DryRun"))
    throw new SimulatedError(
      "DryRunOperationException",
      "The request would have succeeded, but the DryRun option is set.",
    );
  throw new SimulatedError(
    "UnsupportedOperationException",
    "The simulator has no key material: it can do GenerateDataKey only with DryRun.",
  );
}

function aliasIn(params: Params): string {
  const alias = textIn(params, "AliasName") ?? "";
  if (!/^alias\/[a-zA-Z0-9/_-]+$/.test(alias) || alias.startsWith("alias/aws/"))
    throw new SimulatedError("InvalidAliasNameException", `Invalid alias name: ${alias}`);
  return alias;
}

function setAlias(action: "CreateAlias" | "UpdateAlias"): Action {
  return (params, context) => {
    const { region } = context;
    const alias = aliasIn(params);
    const arn = `${arnPrefix(region, "kms")}${alias}`;
    if (action === "CreateAlias" && region.aliases.has(alias))
      throw new SimulatedError("AlreadyExistsException", `An alias with the name ${arn} already exists`);
    if (action === "UpdateAlias" && !region.aliases.has(alias))
      throw new SimulatedError("NotFoundException", `Alias ${arn} is not found.`);
    region.aliases.set(alias, keyIn({ KeyId: params.TargetKeyId }, context, action).KeyId);
    return {};
  };
}

function pageIn<T>(items: readonly T[], params: Params, region: Region, action: string, field: string): object {
  const size = numberIn(params, "Limit") ?? (action === "ListKeys" ? 100 : 50);
  const { items: page, next } = pageOf(items, {
    size,
    token: textIn(params, "Marker"),
    scope: `${action}/${region.account.id}/${region.name}`,
    invalid: () => new SimulatedError("InvalidMarkerException", "The marker is invalid"),
  });
  return { [field]: page, NextMarker: next, Truncated: next !== undefined };
}

function listAliases(params: Params, context: CallContext): object {
  const { region } = context;
  const only = params.KeyId === undefined ? undefined : keyIn(params, context, "ListAliases").KeyId;
  const aliases = [...region.aliases]
    .filter(([, keyId]) => only === undefined || keyId === only)
    .map(([alias, keyId]) => ({
      AliasName: alias,
      AliasArn: `${arnPrefix(region, "kms")}${alias}`,
      TargetKeyId: keyId,
    }));
  return pageIn(aliases, params, region, "ListAliases", "Aliases");
}

/** The key's own account and Region answer; a key of another account is refused. */
function ownKeyIn(params: Params, context: CallContext, action: string): SimulatedKey {
  const key = keyIn(params, context, action);
  if (context.region.keys.get(key.KeyId) !== key) throw notAuthorized(key, context, action);
  return key;
}

function putKeyPolicy(params: Params, context: CallContext): object {
  const key = ownKeyIn(params, context, "PutKeyPolicy");
  checkCustomer(key, context, "PutKeyPolicy");
  const policy = textIn(params, "Policy") ?? "";
  try {
    JSON.parse(policy);
  } catch {
    // Wording not verified.
    throw new SimulatedError("MalformedPolicyDocumentException", "The policy is not valid JSON.");
  }
  context.region.keyPolicies.set(key.KeyId, policy);
  return {};
}

function grantsOf({ keyGrants }: Region, { KeyId }: SimulatedKey): readonly SimulatedGrant[] {
  return keyGrants.get(KeyId) ?? [];
}

function createGrant(params: Params, context: CallContext): object {
  const { region } = context;
  const key = ownKeyIn(params, context, "CreateGrant");
  const GrantId = createHash("sha256")
    .update(`${key.Arn} ${nextSerial(region, "grant")}`)
    .digest("hex");
  const Name = textIn(params, "Name");
  const RetiringPrincipal = textIn(params, "RetiringPrincipal");
  const grant: SimulatedGrant = {
    ...{ KeyId: key.Arn, GrantId, CreationDate: region.account.cloud.now() },
    ...(Name !== undefined && { Name }),
    GranteePrincipal: textIn(params, "GranteePrincipal") ?? "",
    ...(RetiringPrincipal !== undefined && { RetiringPrincipal }),
    IssuingAccount: `arn:${region.account.partition}:iam::${region.account.id}:root`,
    Operations: listIn<string>(params, "Operations"),
    ...(params.Constraints !== undefined && { Constraints: params.Constraints as object }),
  };
  region.keyGrants.set(key.KeyId, [...grantsOf(region, key), grant]);
  return { GrantId, GrantToken: GrantId };
}

function listGrants(params: Params, context: CallContext): object {
  const key = ownKeyIn(params, context, "ListGrants");
  return pageIn(grantsOf(context.region, key), params, context.region, `ListGrants/${key.KeyId}`, "Grants");
}

function endGrant(action: "RetireGrant" | "RevokeGrant"): Action {
  return (params, context) => {
    const { region } = context;
    const key = ownKeyIn(params, context, action);
    const id = textIn(params, "GrantId");
    const left = grantsOf(region, key).filter(({ GrantId }) => GrantId !== id);
    if (left.length === grantsOf(region, key).length)
      throw new SimulatedError("NotFoundException", `Grant ID ${id} not found`);
    region.keyGrants.set(key.KeyId, left);
    return {};
  };
}

/** AWS KMS: keys without key material. */
export const kms: Service = {
  protocol: json11("message"),
  errors: jsonErrors,
  actions: {
    DescribeKey: (params, context) => ({ KeyMetadata: keyIn(params, context, "DescribeKey") }),
    CreateKey: (params, { region }) => ({
      KeyMetadata: makeKey(region, {
        Description: textIn(params, "Description") ?? "",
        MultiRegion: flagIn(params, "MultiRegion") ?? false,
      }),
    }),
    CreateAlias: setAlias("CreateAlias"),
    UpdateAlias: setAlias("UpdateAlias"),
    ListAliases: listAliases,
    ListKeys: (params, { region }) => {
      const keys = [...region.keys.values()].map(({ KeyId, Arn }) => ({ KeyId, KeyArn: Arn }));
      return pageIn(keys, params, region, "ListKeys", "Keys");
    },
    GetKeyPolicy: (params, context) => {
      const key = ownKeyIn(params, context, "GetKeyPolicy");
      return { Policy: policyOf(context.region, key), PolicyName: "default" };
    },
    PutKeyPolicy: putKeyPolicy,
    CreateGrant: createGrant,
    ListGrants: listGrants,
    RevokeGrant: endGrant("RevokeGrant"),
    RetireGrant: endGrant("RetireGrant"),
    DisableKey: setEnabled("DisableKey", "Disabled"),
    EnableKey: setEnabled("EnableKey", "Enabled"),
    ScheduleKeyDeletion: scheduleKeyDeletion,
    CancelKeyDeletion: cancelKeyDeletion,
    GenerateDataKey: generateDataKey,
  },
};
