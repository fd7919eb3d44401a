import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RemediationState } from "../../lib/model/remediation-state.ts";
import { createCloud } from "../../simulator/cloud.ts";
import { sampleAccounts } from "../../simulator/organization.ts";
import type { Cloud, Region } from "../../simulator/state.ts";
import { now } from "../support/builders.ts";
import { type Ended, runCli, type World } from "./run-cli.ts";
import { startSimulatedAws } from "./simulated-aws.ts";

/** What may be repaired in the fleet of these tests. */
const generous = `keys:
  - { match: { identifier: wishlists* }, require: alias/passwords }
remediation:
  allow: [schedule-rotation, rotate, toggle, enable]
  optIn: [{ tags: { repair: allowed } }]
  window: any-time
  budget: { atOnce: 5, perDay: 50 }
`;

export type RepairShop = {
  readonly cloud: Cloud;
  /** The Region in which everything is. */
  readonly here: Region;
  readonly endpoint: string;
  readonly run: (argv: readonly string[], world?: World) => Promise<Ended>;
  /** A file of the shop's folder. */
  readonly file: (name: string, text?: string) => string;
  /** Changes a text in a file. */
  readonly edit: (name: string, from: string, to: string) => void;
  readonly state: () => RemediationState;
  /** The calls since the last look that change something. */
  readonly changes: () => string[];
  readonly close: () => Promise<void>;
};

const changing = /^(rds:(Modify|AddTags|RemoveTags|Reboot)|secretsmanager:(Rotate|Put|Tag|Update|Delete)|sns:)/;

/** Opens an account with one database for each thing that can be repaired, a policy that allows it, and a clock that pauses move. */
export async function openRepairShop(): Promise<RepairShop> {
  const cloud = createCloud({ now: new Date(now) });
  const here = cloud.region(sampleAccounts.staging, "us-east-1");
  fill(here);
  const simulated = await startSimulatedAws(cloud);
  const folder = mkdtempSync(join(tmpdir(), "repair-"));
  const file = (name: string, text?: string) => {
    if (text !== undefined) writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  file("policy.yaml", generous);
  const { aws, sleep } = simulated;
  return {
    cloud,
    here,
    endpoint: simulated.endpoint,
    file,
    run: (argv, world = {}) =>
      runCli(argv, {
        aws,
        sleep,
        now: cloud.now,
        ...world,
        env: { XDG_STATE_HOME: folder, USER: "ann", ...world.env },
      }),
    edit: (name, from, to) => file(name, readFileSync(file(name), "utf8").replace(from, to)),
    state: () => JSON.parse(readFileSync(join(folder, "rds-password-audit", "remediation.json"), "utf8")),
    changes: () =>
      cloud.calls
        .splice(0)
        .map(({ action }) => action)
        .filter((action) => changing.test(action)),
    close: async () => {
      await simulated.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function fill(here: Region): void {
  const tags = { repair: "allowed" };
  const { Arn: kmsKeyId } = here.addKey({ alias: "alias/passwords" });
  here.addInstance({ identifier: "orders", tags });
  here.addCluster({ identifier: "ledger", engine: "aurora-mysql", tags });
  here.addInstance({ identifier: "wishlists", engine: "mysql", managed: true, tags });
  here.addInstance({
    identifier: "marketing",
    managed: { kmsKeyId, RotationEnabled: false, NextRotationDate: undefined },
    tags,
  });
  here.addInstance({ identifier: "invoices", managed: { kmsKeyId, status: "impaired" }, tags });
  here.addInstance({ identifier: "customers", managed: { kmsKeyId }, tags });
}
