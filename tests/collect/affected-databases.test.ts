import { describe, expect, test } from "@jest/globals";
import { toAffectedDatabases } from "../../lib/collect/affected-databases.ts";
import { toReference } from "../../lib/model/database.ts";
import type { RecheckEvent } from "../../lib/model/recheck-event.ts";
import { account, keyArn, now, region, secretArn } from "../support/builders.ts";

const envelope = { id: "event", account, region, time: now };
const nothing = { databases: [], deletedArn: null, secretId: null, keyReference: null, onlyImpaired: false };
const instance = (value: string) => ({ kind: "instance", by: "identifier", value });
const cluster = (value: string) => ({ kind: "cluster", by: "identifier", value });

describe("an RDS event", () => {
  const about = (type: "RDS DB Instance Event" | "RDS DB Cluster Event", SourceIdentifier: string) =>
    toAffectedDatabases({ ...envelope, "detail-type": type, detail: { SourceIdentifier } });
  const said = (EventID: string | undefined, SourceArn: string | undefined) =>
    toAffectedDatabases({
      ...envelope,
      "detail-type": "RDS DB Instance Event",
      detail: { SourceIdentifier: "orders", SourceArn, EventID },
    });

  test("names a DB instance", () => {
    expect(about("RDS DB Instance Event", "orders")).toEqual({ ...nothing, databases: [instance("orders")] });
  });

  test("names a DB cluster", () => {
    expect(about("RDS DB Cluster Event", "ledger")).toEqual({ ...nothing, databases: [cluster("ledger")] });
  });

  const arn = `arn:aws:rds:${region}:${account}:db:orders`;
  test.each([
    ["RDS-EVENT-0003", arn, arn],
    ["RDS-EVENT-0171", arn, arn],
    ["RDS-EVENT-0003", undefined, null],
    ["RDS-EVENT-0005", arn, null],
    [undefined, arn, null],
  ])("with ID %s and ARN %s reports as deleted: %s", (id, SourceArn, deletedArn) => {
    expect(said(id, SourceArn)).toEqual({ ...nothing, databases: [instance("orders")], deletedArn });
  });
});

describe("a Secrets Manager event", () => {
  test("names the secret whose label moved", () => {
    const resources = [secretArn, "another"];
    expect(toAffectedDatabases({ ...envelope, "detail-type": "Secret Label Updated", resources })).toEqual({
      ...nothing,
      secretId: secretArn,
    });
  });

  test("names no secret if AWS names none", () => {
    expect(toAffectedDatabases({ ...envelope, "detail-type": "Secret Label Updated", resources: [] })).toEqual(nothing);
  });

  test("names the secret whose rotation failed", () => {
    const detail = { eventName: "RotationFailed", additionalEventData: { SecretId: secretArn } };
    expect(toAffectedDatabases({ ...envelope, "detail-type": "AWS Service Event via CloudTrail", detail })).toEqual({
      ...nothing,
      secretId: secretArn,
    });
  });
});

describe("a call", () => {
  type Detail = Extract<RecheckEvent, { "detail-type": "AWS API Call via CloudTrail" }>["detail"];
  const ofCall = (detail: Partial<Detail>) =>
    toAffectedDatabases({
      ...envelope,
      "detail-type": "AWS API Call via CloudTrail",
      detail: { eventSource: "rds.amazonaws.com", eventName: "ModifyDBInstance", ...detail },
    });
  const named = (requestParameters: Detail["requestParameters"]) => ofCall({ requestParameters }).databases;

  test.each([
    [{ dBInstanceIdentifier: "orders" }, [instance("orders")]],
    [{ DBInstanceIdentifier: "orders" }, [instance("orders")]],
    [{ dbInstanceIdentifier: "orders" }, [instance("orders")]],
    [{ dBClusterIdentifier: "ledger" }, [cluster("ledger")]],
    [{ sourceDBInstanceIdentifier: "orders", targetDBInstanceIdentifier: "copy" }, [instance("copy")]],
    [{ sourceDBClusterIdentifier: "ledger", dBClusterIdentifier: "copy" }, [cluster("copy")]],
    [{ dBInstanceIdentifier: "ledger-1", dBClusterIdentifier: "ledger" }, [instance("ledger-1"), cluster("ledger")]],
    [{ dBInstanceIdentifier: "erp", tenantDBName: "PAY" }, [instance("erp")]],
  ])("with %p names %p", (parameters, expected) => {
    expect(named(parameters)).toEqual(expected);
  });

  test("that renames a database names both names, because the database keeps the old one for some time", () => {
    expect(named({ dBInstanceIdentifier: "old", newDBInstanceIdentifier: "new" })).toEqual([
      instance("new"),
      instance("old"),
    ]);
    expect(named({ dBClusterIdentifier: "old", newDBClusterIdentifier: "new" })).toEqual([
      cluster("new"),
      cluster("old"),
    ]);
  });

  test("that names a database in upper case refers to the lower-case name that RDS stores", () => {
    expect(named({ dBInstanceIdentifier: "Orders-PROD" })).toEqual([instance("orders-prod")]);
  });

  test("may name a database by its ARN", () => {
    expect(named({ dBInstanceIdentifier: `arn:aws:rds:${region}:${account}:db:orders` })).toEqual([instance("orders")]);
    expect(named({ dBClusterIdentifier: `arn:aws:rds:${region}:${account}:cluster:ledger` })).toEqual([
      cluster("ledger"),
    ]);
  });

  test.each([
    [undefined],
    [null],
    [{}],
    [{ dBInstanceIdentifier: "" }],
    [{ dBInstanceIdentifier: 7 }],
    [{ dBInstanceIdentifier: null, dBClusterIdentifier: ["ledger"] }],
    [{ dBSnapshotIdentifier: "orders" }],
  ])("with %p names nothing", (parameters) => {
    expect(ofCall({ requestParameters: parameters })).toEqual(nothing);
  });

  test("that AWS refused names nothing", () => {
    const requestParameters = { dBInstanceIdentifier: "orders" };
    expect(ofCall({ errorCode: "AccessDenied", requestParameters })).toEqual(nothing);
  });

  test("to KMS names a key", () => {
    const kms = { eventSource: "kms.amazonaws.com", eventName: "DisableKey" };
    expect(ofCall({ ...kms, requestParameters: { keyId: keyArn } })).toEqual({ ...nothing, keyReference: keyArn });
    expect(ofCall({ ...kms, requestParameters: { dBInstanceIdentifier: "orders" } })).toEqual(nothing);
    expect(ofCall({ eventName: "DisableKey", requestParameters: { keyId: keyArn } })).toEqual(nothing);
  });

  test.each(["PutKeyPolicy", "CreateGrant", "RevokeGrant"])(
    "to KMS about the policy or the grants of a key (%s) names the databases with impaired secrets",
    (eventName) => {
      const kms = { eventSource: "kms.amazonaws.com", eventName, requestParameters: { keyId: keyArn } };
      expect(ofCall(kms)).toEqual({ ...nothing, keyReference: keyArn, onlyImpaired: true });
    },
  );

  test("that retires a grant names its key in the answer", () => {
    const kms = { eventSource: "kms.amazonaws.com", eventName: "RetireGrant", requestParameters: null };
    const affected = { ...nothing, keyReference: keyArn, onlyImpaired: true };
    expect(ofCall({ ...kms, responseElements: { keyId: keyArn } })).toEqual(affected);
    expect(ofCall({ ...kms, resources: [{ ARN: keyArn }] })).toEqual(affected);
    expect(ofCall(kms)).toEqual(nothing);
  });

  test.each([[secretArn], ["rds!db-0123"]])(
    "of Secrets Manager names a secret, as its caller has it: %s",
    (secretId) => {
      const call = { eventSource: "secretsmanager.amazonaws.com", eventName: "CancelRotateSecret" };
      expect(ofCall({ ...call, requestParameters: { secretId } })).toEqual({ ...nothing, secretId });
      expect(ofCall({ ...call, requestParameters: { secretId }, errorCode: "AccessDenied" })).toEqual(nothing);
      expect(ofCall({ ...call, requestParameters: { dBInstanceIdentifier: "orders" } })).toEqual(nothing);
      expect(ofCall({ requestParameters: { secretId } })).toEqual(nothing);
    },
  );
});

describe("an ARN", () => {
  test.each([
    ["arn:aws:rds:eu-west-1:123456789012:db:orders", instance("orders")],
    ["arn:aws-cn:rds:cn-north-1:123456789012:db:orders", instance("orders")],
    ["arn:aws:rds:eu-west-1:123456789012:cluster:ledger", cluster("ledger")],
    ["arn:aws:rds:eu-west-1:123456789012:tenant-database:tdb-ABC", null],
    ["arn:aws:rds:eu-west-1:123456789012:snapshot:orders", null],
    ["arn:aws:rds:eu-west-1:123456789012:db", null],
    ["arn:aws:docdb:eu-west-1:123456789012:db:orders", null],
    ["orders", null],
    ["", null],
  ])("%s", (arn, reference) => {
    expect(toReference(arn)).toEqual(reference);
  });
});
