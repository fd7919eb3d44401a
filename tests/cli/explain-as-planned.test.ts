import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { modifyCommand } from "../../lib/model/aws-cli.ts";
import { gatesByName } from "../../lib/model/gates.ts";
import { planSchema } from "../../lib/model/plan.ts";
import { runCli } from "./run-cli.ts";
import { startSimulatedAws } from "./simulated-aws.ts";

const keys = 'keys: [{ match: { account: "111111111111" }, require: [alias/rds-master-passwords, customer-managed] }]';
const policies = {
  "that allows nothing": "exemptionTags: true\n",
  "that allows everything": `${keys}
exemptionTags: true
remediation:
  allow: [schedule-rotation, rotate, toggle, enable]
  optIn: [{ identifier: "*" }]
  window: any-time
`,
};

let folder: string;
let simulated: Awaited<ReturnType<typeof startSimulatedAws>>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "explain-as-planned-"));
  simulated = await startSimulatedAws();
});
afterAll(async () => {
  await simulated.close();
  rmSync(folder, { recursive: true });
});

/** One line, without the backslashes of continued commands, and without punctuation, which a command that is shown by itself drops. */
const flat = (text: string) => text.replaceAll(/\s*\\\n\s*|[.,;:]?\s+|[.,;:]$/g, " ").trim();

/** The part of a page that is about one rule. */
function sectionOf(page: string, rule: string): string {
  const sections = page.split("\n\n").filter((one) => (one.split("  ")[0] ?? "").split(", ").includes(rule));
  expect(sections).toHaveLength(1);
  return flat(sections.join());
}

test.each(Object.entries(policies))(
  "with a policy %s, explain shows the gates that plan shows, and no command that plan withholds",
  async (_, text) => {
    const policy = join(folder, "policy.yaml");
    writeFileSync(policy, text);
    const run = (...args: string[]) =>
      runCli([...args, "--region", "eu-west-1", "--profile", "production", "--policy", policy], {
        aws: simulated.aws,
        now: simulated.now,
        env: { XDG_STATE_HOME: folder, COLUMNS: "160" },
      });
    const { actions, manual } = planSchema.parse(JSON.parse((await run("plan", "-f", "json")).stdout));
    const databases = new Map([...actions, ...manual].map(({ database }) => [database.arn, database]));
    expect(databases.size).toBeGreaterThan(15);
    for (const database of databases.values()) {
      const { stdout } = await run("explain", database.arn);
      const own = <T extends { database: { arn: string } }>(all: readonly T[]) =>
        all.filter((one) => one.database.arn === database.arn);
      for (const { rule, gates, consequences } of own(actions)) {
        const section = sectionOf(stdout, rule);
        // The budget depends on the other databases of the plan.
        const closed = gates.filter(({ gate, open }) => !open && gate !== "within-budget");
        for (const { gate, reason } of closed) expect(section).toContain(flat(`✗ ${gate}: ${reason}`));
        for (const consequence of consequences) expect(section).toContain(flat(consequence.text));
        if (closed.some(({ gate }) => gatesByName[gate].blocksManual))
          expect(section).not.toContain(modifyCommand(database));
      }
      for (const { rule, what, awsCli } of own(manual)) {
        const section = sectionOf(stdout, rule);
        for (const command of awsCli) expect(section).toContain(flat(command));
        if (awsCli.length > 0) continue;
        expect(section).toContain(flat(what));
        if (what.startsWith("Do not")) expect(section).not.toContain(`${modifyCommand(database)} --`);
      }
    }
  },
);
