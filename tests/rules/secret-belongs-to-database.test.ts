import { secretBelongsToDatabase } from "../../rules/secret-belongs-to-database.ts";
import {
  aContext,
  aDatabase,
  aMasterUserSecret,
  databaseArn,
  secretArn,
  seen,
  withSecret,
} from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

const anotherArn = databaseArn.replace("orders", "orders-before-restore");
const tenant = aDatabase({
  kind: "tenant-database",
  arn: "arn:aws:rds:eu-west-1:123456789012:tenant-database:tdb-1",
  containerArn: databaseArn,
});
const describeSecret = ["secretsmanager:DescribeSecret"];

describeRule({
  rule: secretBelongsToDatabase,
  url: import.meta.url,
  confirms: {
    notTagged: ["secretsmanager:DescribeSecret"],
    missing: describeSecret,
    beingDeleted: describeSecret,
    notOwned: describeSecret,
    another: describeSecret,
  },
  examples: {
    COMPLIANT: [
      { name: "a secret that is tagged with this database", messageId: "own" },
      {
        name: "a secret that is tagged with this database and another one",
        context: withSecret({ primaryArns: [anotherArn, databaseArn] }),
        messageId: "own",
      },
      { name: "a tenant database's secret that is tagged with its container", database: tenant, messageId: "own" },
      {
        name: "a tenant database's secret that is tagged with the tenant database",
        database: tenant,
        context: withSecret({ primaryArns: [tenant.arn] }),
        messageId: "own",
      },
    ],
    NON_COMPLIANT: [
      {
        name: "a restored copy that reports a secret that does not exist",
        context: aContext({ secret: seen<never>(null) }),
        messageId: "missing",
        mentions: [secretArn],
        evidence: { secretArn },
      },
      {
        name: "a restored copy that reports the secret of its source",
        context: withSecret({ primaryArns: [anotherArn] }),
        messageId: "another",
        mentions: [anotherArn],
        evidence: { secretArn, primaryArns: [anotherArn] },
      },
      {
        name: "a secret created for two other databases",
        context: withSecret({ primaryArns: [anotherArn, "arn:two"] }),
        messageId: "another",
        mentions: [`${anotherArn}, arn:two.`],
        evidence: { secretArn, primaryArns: [anotherArn, "arn:two"] },
      },
      {
        name: "a secret that is scheduled for deletion",
        context: withSecret({ deletedAt: "2026-11-23T10:00:00.000Z" }),
        messageId: "beingDeleted",
        mentions: [
          "has been scheduled for deletion since 2026-11-23 10:00 UTC.",
          `restore-secret --region eu-west-1 --secret-id '${secretArn}'`,
        ],
        evidence: { secretArn, deletedAt: "2026-11-23T10:00:00.000Z" },
      },
      {
        name: "a secret that another service owns, although it is tagged with this database",
        context: withSecret({ owningService: "redshift" }),
        messageId: "notOwned",
        mentions: ["is not owned by RDS (its owning service is redshift)."],
        evidence: { secretArn, owningService: "redshift" },
      },
      {
        name: "a secret without an owning service",
        context: withSecret({ owningService: null, primaryArns: [] }),
        messageId: "notOwned",
        mentions: ["is not owned by RDS (it has no owning service)."],
        evidence: { secretArn, owningService: null },
      },
    ],
    INSUFFICIENT_DATA: [
      {
        name: "a managed database whose secret has no ARN",
        database: aDatabase({ masterUserSecret: aMasterUserSecret({ secretArn: null }) }),
        messageId: "notNamed",
      },
      {
        name: "a managed database that reports no secret",
        database: aDatabase({ masterUserSecret: null }),
        messageId: "notNamed",
      },
      {
        name: "a secret that RDS owns but that names no database",
        context: withSecret({ primaryArns: [] }),
        messageId: "notTagged",
        evidence: { secretArn },
      },
    ],
  },
});
