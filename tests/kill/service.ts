import { setTimeout as sleep } from "node:timers/promises";
import { readPolicy } from "../../cli/input/policy-file.ts";
import { createProcessWorkflow } from "../../cli/repairs/process-workflow.ts";
import { createStateFile } from "../../cli/repairs/state-file.ts";
import { createAccount } from "../../lib/aws/create-account.ts";
import { readDescription } from "../../lib/collect/observe-database.ts";
import type { ActionName } from "../../lib/model/action.ts";
import { toRequestDatabase } from "../../lib/model/remediation-request.ts";
import { remediateDatabase } from "../../lib/remediate-database.ts";
import { rules } from "../../rules/index.ts";

/** What the service does in one execution, in a process of its own, with the repair state in a file. */
const [execution = "", resourceId = "", action = "", policyFile, stateFile = ""] = process.argv.slice(2);
const required = {
  toggle: "secret-key-as-required",
  enable: "master-password-managed",
  rotate: "rotation-on-schedule",
};
const port = createAccount({ name: "this account" }).region({
  account: "111111111111",
  region: "eu-west-1",
  partition: "aws",
});
const database = await readDescription(port, { kind: "instance", resourceId });
if (database === null) throw new Error(`there is no database ${resourceId}`);
const done = await remediateDatabase({
  request: {
    action: action as ActionName,
    rule: required[action as keyof typeof required],
    severity: "high",
    database: toRequestDatabase(database),
  },
  ...{ execution, policy: await readPolicy(policyFile), rules, port, state: createStateFile(stateFile) },
  ...{ isEnabled: true, approval: null, waits: true },
  notify: async ({ type, message, secret }) => {
    process.stdout.write(`${type} ${message} ${secret.after ?? ""}\n`);
  },
  workflow: createProcessWorkflow({
    now: () => new Date(),
    sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
    signal: new AbortController().signal,
    listener: { start() {}, pause() {}, end() {} },
  }),
  now: () => new Date().toISOString(),
});
process.exitCode = done.at(-1)?.outcome.end === "repaired" ? 0 : 1;
