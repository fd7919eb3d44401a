import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { applyRule, prepare } from "../../../lib/audit/judge.ts";
import type { Status } from "../../../lib/model/finding.ts";
import { inventorySchema } from "../../../lib/model/inventory.ts";
import { type Policy, parsePolicy } from "../../../lib/model/policy.ts";
import { type Report, reportSchema } from "../../../lib/model/report.ts";
import { rules as catalog } from "../../../rules/index.ts";
import { comparable, namesOf } from "../compare.ts";
import { account, createSimulator, type Emulator, region, startMoto } from "../emulators.ts";
import type { KnownDifference } from "../known-differences.ts";
import { fillWithAwsCli } from "./fleet.ts";
import { type Ended, runCli, startAwsShell } from "./programs.ts";
import { describeWith } from "./when-installed.ts";

/** Without the rules that are off by default, which read more than these results show. */
const rules = catalog.filter(({ offByDefault }) => offByDefault !== true);
const ruleIds = rules.map(({ id }) => id);

/** A policy that requires keys in every possible way. Some databases comply. */
const policyRequiring = (keyArn: string): string => `
exemptionTags: true
keys:
  - { match: { identifier: payments-* }, require: alias/payments }
  - { match: { identifier: rotated }, require: "${keyArn}" }
  - { match: { identifier: [late] }, require: [aws-managed, "${keyArn}"] }
  - { match: { identifier: [shop, metro, frozen, doomed, condemned] }, require: customer-managed }
  - { match: { identifier: [orders, rekeyed] }, require: aws-managed }
`;

const signs = {
  COMPLIANT: "+",
  NON_COMPLIANT: "!",
  INSUFFICIENT_DATA: "?",
  NOT_APPLICABLE: "-",
} as const satisfies Record<Status, string>;

/**
 * The expected results in AWS. Each line: identifier, management, reason, and one sign for each rule in the order of the catalogue
 * (+ compliant, ! noncompliant, ? insufficient data, - not applicable):
 * managed, not-impaired, not-stuck, belongs, key-as-required, key-usable, key-consistent, rotation-enabled, on-schedule, interval, toggle.
 */
const verdicts = `
archive             unmanaged    -               !---------+
archive-1           inherited    cluster-member  -----------
condemned           managed      -               +++!!++++++
doomed              managed      -               +++++!+++++
excused             unmanaged    -               !---------+
freed               unmanaged    -               !---------+
frozen              managed      -               +++++!+++++
halfway             unmanaged    -               !---------!
late                managed      -               +++++++++++
legacy              unmanaged    -               !---------+
legacy-replica      inherited    read-replica    -----------
metro               managed      -               +++++++++++
metro-1             inherited    cluster-member  -----------
metro-2             inherited    cluster-member  -----------
orders              managed      -               +++++++++++
payments-by-alias   managed      -               +++++++++++
payments-by-arn     managed      -               +++++++++++
payments-by-default managed      -               ++++!++++++
payments-by-id      managed      -               +++++++++++
payments-by-other   managed      -               ++++!++++++
plaza               unmanaged    -               !---------+
plaza-1             inherited    cluster-member  -----------
rekeyed             managed      -               ++++!+!++++
relations           out-of-scope neptune         -----------
relations-1         out-of-scope neptune         -----------
reports             unmanaged    -               !---------+
reports-replica     unmanaged    -               !---------+
rotated             managed      -               ++++!++++++
shop                managed      -               +++++++++++
shop-1              inherited    cluster-member  -----------
shop-2              inherited    cluster-member  -----------
sleeper             unsupported  serverless-v1   ----------+
`;

type Row = { identifier: string; management: string; reason: string | null; signs: string };

const rowsIn = (table: string): readonly Row[] =>
  table
    .trim()
    .split("\n")
    .map((line) => {
      const [identifier = "", management = "", reason = "", letters = ""] = line.split(/ +/);
      return { identifier, management, reason: reason === "-" ? null : reason, signs: letters };
    });

/** The expected results that differ in moto. */
const knownVerdictsOfMoto: readonly { rule: string; of: (row: Row) => boolean; sign: string; reason: string }[] = [
  {
    rule: "rotation-enabled",
    of: ({ management }) => management === "managed",
    sign: "!",
    reason: "moto's managed secrets do not rotate",
  },
  {
    rule: "rotation-on-schedule",
    of: ({ management }) => management === "managed",
    sign: "-",
    reason: "moto's managed secrets do not rotate",
  },
  {
    rule: "rotation-interval-within-limit",
    of: ({ management }) => management === "managed",
    sign: "-",
    reason: "moto's managed secrets do not rotate",
  },
  {
    rule: "secret-key-as-required",
    of: ({ identifier }) => identifier === "orders",
    sign: "!",
    reason: "moto reports the default key as customer managed",
  },
  {
    rule: "secret-key-as-required",
    of: ({ identifier }) => identifier === "condemned",
    sign: "+",
    reason: "moto reports the default key as customer managed",
  },
  {
    rule: "secret-key-consistent",
    of: ({ identifier }) => identifier === "rekeyed",
    sign: "+",
    reason: "moto's RDS reports whatever key the secret has now; AWS's goes on reporting the one it was made with",
  },
];

const withSign = (row: Row, rule: string, sign: string): Row => {
  const at = ruleIds.indexOf(rule);
  return { ...row, signs: `${row.signs.slice(0, at)}${sign}${row.signs.slice(at + 1)}` };
};

const expectedRows = {
  simulator: rowsIn(verdicts),
  moto: rowsIn(verdicts).map((row) =>
    knownVerdictsOfMoto
      .filter(({ of }) => of(row))
      .reduce((changed, { rule, sign }) => withSign(changed, rule, sign), row),
  ),
};

/** Without a policy no key is required. */
const withoutRequirement = (row: Row): Row =>
  row.management === "managed" ? withSign(row, "secret-key-as-required", "-") : row;

const fieldsOfKeyFinding = (identifier: string, ...fields: readonly string[]): readonly string[] =>
  fields.map((field) => `findings.secret-key-as-required/arn:aws:rds:${region}:${account}:db:${identifier}.${field}`);

const knownDifferencesOfReports: readonly KnownDifference[] = [
  {
    asAws: "neither",
    fields: ["engineVersion"],
    reason: "each emulator has its own default versions",
  },
  { asAws: "simulator", fields: ["resourceId"], reason: "moto gives every instance one and the same resource id" },
  {
    asAws: "neither",
    fields: ["calls"],
    reason: "moto's findings about rotation have to be confirmed, one call for each secret",
  },
  {
    asAws: "neither",
    fields: ["databases.legacy-replica.tags.note", "databases.legacy-replica.tags.team"],
    reason: "moto gives a replica the tags of its source; what AWS does it does not say, and the simulator gives none",
  },
  {
    asAws: "simulator",
    fields: [
      "databases.rekeyed.masterUserSecret.kmsKeyId",
      ...fieldsOfKeyFinding("rekeyed", "message", "remediation", "evidence.rdsKey", "evidence.secretsManagerKey"),
    ],
    reason: "moto's RDS reports whatever key the secret has now; AWS's goes on reporting the one it was made with",
  },
  {
    asAws: "simulator",
    fields: ["payments-by-default", "rotated"].flatMap((identifier) =>
      fieldsOfKeyFinding(identifier, "message", "evidence.rdsKey", "evidence.secretsManagerKey"),
    ),
    reason: "moto says of the default key that it is the customer's, so that it is not called AWS managed",
  },
];

type Audit = { readonly ended: Ended; readonly report: Report };
type Audited = {
  readonly plain: Audit;
  readonly strict: Audit;
  readonly policy: Policy;
  readonly inventory: unknown;
};

describeWith(["moto_server", "aws", "python3"], "a fleet that was made with the AWS CLI", () => {
  const audited: { simulator?: Audited; moto?: Audited } = {};
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "contract-"));
    const moto = await startMoto();
    try {
      const [bySimulator, byMoto] = await Promise.all([fillAndAudit(createSimulator()), fillAndAudit(moto)]);
      Object.assign(audited, { simulator: bySimulator, moto: byMoto });
    } finally {
      await moto.stop();
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function fillAndAudit(emulator: Emulator): Promise<Audited> {
    const aws = await emulator.open();
    const shell = startAwsShell(aws.endpoint);
    try {
      const { paymentsKeyArn } = await fillWithAwsCli(shell, aws.settle);
      const policyFile = join(folder, `${aws.emulator}.yaml`);
      const inventoryFile = join(folder, `${aws.emulator}.json`);
      await writeFile(policyFile, policyRequiring(paymentsKeyArn));
      const audit = async (...more: readonly string[]): Promise<Audit> => {
        const ended = await runCli(["audit", "--region", region, "--format", "json", ...more], aws.endpoint);
        if (ended.stdout === "") throw new Error(`The audit says nothing: ${ended.stderr}`);
        return { ended, report: reportSchema.parse(JSON.parse(ended.stdout)) };
      };
      const plain = await audit();
      const strict = await audit("--policy", policyFile, "--save-inventory", inventoryFile);
      return {
        plain,
        strict,
        policy: parsePolicy(policyRequiring(paymentsKeyArn), policyFile, ruleIds),
        inventory: JSON.parse(await readFile(inventoryFile, "utf8")),
      };
    } finally {
      await shell.close();
      await aws.close();
    }
  }

  const resultOf = (name: "simulator" | "moto"): Audited => {
    const found = audited[name];
    if (found === undefined) throw new Error(`${name} was not audited`);
    return found;
  };

  /** The result of each rule for each database of the saved inventory, including passes. */
  function judgeAll({ inventory, policy }: Audited): readonly Row[] {
    const { targets, observedAt } = inventorySchema.parse(inventory);
    return targets
      .flatMap((target) => [...prepare(target, policy, observedAt)])
      .map(({ database, context }) => ({
        identifier: database.identifier,
        management: database.management,
        reason: database.reason,
        signs: rules.map((rule) => signs[applyRule(rule, database, context).message.status]).join(""),
      }))
      .sort((a, b) => (a.identifier < b.identifier ? -1 : 1));
  }

  /** The rows of a report. A rule without a finding about a database has passed or is not applicable. */
  function rowsOf({ databases, findings }: Report, expected: readonly Row[]): readonly Row[] {
    return databases
      .map(({ arn, identifier, management, reason }) => {
        const passes = expected.find((row) => row.identifier === identifier)?.signs.replaceAll(/[!?]/g, "·") ?? "";
        const letters = ruleIds.map((rule, index) => {
          const [finding, ...more] = findings.filter((one) => one.rule === rule && one.resource.arn === arn);
          if (more.length > 0) return `${1 + more.length} findings`;
          return finding === undefined ? (passes[index] ?? "·") : signs[finding.status];
        });
        return { identifier, management, reason, signs: letters.join("") };
      })
      .sort((a, b) => (a.identifier < b.identifier ? -1 : 1));
  }

  describe.each(["simulator", "moto"] as const)("audited on %s", (name) => {
    test("standard output is one JSON document that matches the report's schema", () => {
      for (const { ended, report } of [resultOf(name).plain, resultOf(name).strict]) {
        expect(ended.stdout).toMatch(/^\{[\s\S]*\}\n$/);
        expect(JSON.parse(ended.stdout)).toEqual(report);
      }
    });

    test("the exit status reports findings", () => {
      const { plain, strict } = resultOf(name);
      expect([plain.ended.status, strict.ended.status]).toEqual([1, 1]);
    });

    test("coverage is complete", () => {
      for (const { report } of [resultOf(name).plain, resultOf(name).strict]) {
        expect(report.coverage.gaps).toEqual([]);
        expect(report.coverage.complete).toBe(true);
        expect(report.clean).toBe(false);
        expect(report.summary.findings.insufficientData).toBe(0);
      }
    });

    test("each rule has the expected result for each database", () => {
      expect(judgeAll(resultOf(name))).toEqual(expectedRows[name]);
    });

    test("the report has only these findings", () => {
      const expected = expectedRows[name];
      expect(rowsOf(resultOf(name).strict.report, expected)).toEqual(expected);
    });

    test("without a policy no key is required, and other results are the same", () => {
      const expected = expectedRows[name].map(withoutRequirement);
      expect(rowsOf(resultOf(name).plain.report, expected)).toEqual(expected);
    });

    test("only the database with exemption tags is exempt, and only if the policy allows exemption tags", () => {
      const exemptIn = ({ findings }: Report) =>
        findings.filter(({ exemption }) => exemption !== null).map(({ id }) => id.replace(/arn:.*:/, ""));
      expect(exemptIn(resultOf(name).plain.report)).toEqual([]);
      expect(exemptIn(resultOf(name).strict.report)).toEqual(["master-password-managed/excused"]);
      expect(resultOf(name).strict.report.summary.findings.exempt).toBe(1);
    });

    test("the summary matches the table", () => {
      const count = (management: string) => expectedRows[name].filter((row) => row.management === management).length;
      expect(resultOf(name).strict.report.summary).toMatchObject({
        databases: expectedRows[name].length,
        managed: count("managed"),
        unmanaged: count("unmanaged"),
        inherited: count("inherited"),
        unsupported: count("unsupported"),
        outOfScope: count("out-of-scope"),
      });
    });

    test("tags are unchanged", () => {
      const legacy = resultOf(name).plain.report.databases.find(({ identifier }) => identifier === "legacy");
      expect(legacy?.tags).toEqual({ team: "shop", note: "a + b: c@d" });
    });

    test("each difference from AWS is in the table of differences", () => {
      const isDifferent = knownVerdictsOfMoto.every(({ rule, of, sign }) =>
        rowsIn(verdicts)
          .filter(of)
          .every((row) => row.signs[ruleIds.indexOf(rule)] !== sign),
      );
      expect(isDifferent).toBe(true);
    });
  });

  test("both reports are the same except for known differences", () => {
    const isShared = ({ rule, resource }: Report["findings"][number]) =>
      !knownVerdictsOfMoto.some(
        (known) =>
          known.rule === rule &&
          rowsIn(verdicts).some((row) => row.identifier === resource.identifier && known.of(row)),
      );
    const shown = ({ coverage, databases, findings }: Report) => ({
      coverage,
      databases: Object.fromEntries(databases.map((database) => [database.identifier, database])),
      findings: Object.fromEntries(findings.filter(isShared).map((finding) => [finding.id, finding])),
    });
    const met = new Set<string>();
    for (const which of ["plain", "strict"] as const) {
      const [here, there] = comparable(
        which,
        [{ report: shown(resultOf("simulator")[which].report) }, { report: shown(resultOf("moto")[which].report) }],
        knownDifferencesOfReports,
        met,
      );
      expect(Object.keys(here).length).toBeGreaterThan(400);
      expect(here).toEqual(there);
    }
    expect(namesOf(knownDifferencesOfReports).filter((name) => !met.has(name))).toEqual([]);
  });
});
