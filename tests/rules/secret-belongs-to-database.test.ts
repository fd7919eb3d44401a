import { secretBelongsToDatabase } from "../../rules/secret-belongs-to-database.ts";
import {
  aContext,
  aDatabase,
  aMasterUserSecret,
  databaseArn,
  secretArn,
  seen,
  unseen,
  withSecret,
} from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

const database = aDatabase();
const anotherArn = databaseArn.replace("orders", "orders-before-restore");
const tenant = aDatabase({
  kind: "tenant-database",
  arn: "arn:aws:rds:eu-west-1:123456789012:tenant-database:tdb-1",
  containerArn: databaseArn,
});
const asking = ["secretsmanager:DescribeSecret"];

describeRule({
  rule: secretBelongsToDatabase,
  url: import.meta.url,
  confirms: { missing: asking, beingDeleted: asking, notOwned: asking, another: asking },
  examples: {
    COMPLIANT: [
      { name: "a secret that is tagged with this database", database, context: aContext(), messageId: "own" },
      {
        name: "a secret that is tagged with this database and one more",
        database,
        context: withSecret({ primaryArns: [anotherArn, databaseArn] }),
        messageId: "own",
      },
      {
        name: "a tenant database's secret, tagged with its container",
        database: tenant,
        context: aContext(),
        messageId: "own",
      },
      {
        name: "a tenant database's secret, tagged with itself",
        database: tenant,
        context: withSecret({ primaryArns: [tenant.arn] }),
        messageId: "own",
      },
    ],
    NON_COMPLIANT: [
      {
        name: "a restored copy that reports a secret that is gone",
        database,
        context: aContext({ secret: seen<never>(null) }),
        messageId: "missing",
        mentions: [secretArn],
        evidence: { secretArn },
      },
      {
        name: "a restored copy that reports the secret of its source",
        database,
        context: withSecret({ primaryArns: [anotherArn] }),
        messageId: "another",
        mentions: [anotherArn],
        evidence: { secretArn, primaryArns: [anotherArn] },
      },
      {
        name: "a secret made for two other databases",
        database,
        context: withSecret({ primaryArns: [anotherArn, "arn:two"] }),
        messageId: "another",
        mentions: [`${anotherArn}, arn:two.`],
        evidence: { secretArn, primaryArns: [anotherArn, "arn:two"] },
      },
      {
        name: "a secret that waits for its deletion",
        database,
        context: withSecret({ deletedAt: "2026-11-23T10:00:00.000Z" }),
        messageId: "beingDeleted",
        mentions: ["since 2026-11-23T10:00:00.000Z", `restore-secret --region eu-west-1 --secret-id '${secretArn}'`],
        evidence: { secretArn, deletedAt: "2026-11-23T10:00:00.000Z" },
      },
      {
        name: "a secret that belongs to another service, although it is tagged with this database",
        database,
        context: withSecret({ owningService: "redshift" }),
        messageId: "notOwned",
        mentions: ["owned by redshift"],
        evidence: { secretArn, owningService: "redshift" },
      },
      {
        name: "a secret that somebody made by hand",
        database,
        context: withSecret({ owningService: null, primaryArns: [] }),
        messageId: "notOwned",
        mentions: ["owned by nobody"],
        evidence: { secretArn, owningService: null },
      },
    ],
    NOT_APPLICABLE: [
      {
        name: "a database without a managed password",
        database: aDatabase({ management: "unmanaged" }),
        context: aContext(),
        messageId: "notManaged",
      },
    ],
    INSUFFICIENT_DATA: [
      {
        name: "a managed database for which RDS names no secret",
        database: aDatabase({ masterUserSecret: aMasterUserSecret({ secretArn: null }) }),
        context: aContext(),
        messageId: "notNamed",
      },
      {
        name: "a managed database without anything about its secret",
        database: aDatabase({ masterUserSecret: null }),
        context: aContext(),
        messageId: "notNamed",
      },
      {
        name: "a secret that RDS owns and that names no database",
        database,
        context: withSecret({ primaryArns: [] }),
        messageId: "notTagged",
        evidence: { secretArn },
      },
      {
        name: "secrets that could not be listed",
        database,
        context: aContext({ secret: unseen() }),
        messageId: "secretNotSeen",
        mentions: ["secretsmanager:ListSecrets failed"],
      },
    ],
  },
});
