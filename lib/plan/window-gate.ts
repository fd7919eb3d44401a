import type { ClassifiedDatabase } from "../model/database.ts";
import type { Policy } from "../model/policy.ts";
import { isOpen, nextOpening } from "../model/window.ts";
import { type Circumstances, closed, type GateVerdict, open } from "./gate-verdict.ts";

/** Checks that one of the database's windows is open. */
export function isInWindow({ database, policy, now }: Circumstances): GateVerdict {
  const windows = windowsOf(database, policy);
  if (windows === "any-time") return open("the policy allows it at any time");
  const name = `the window ${windows.join(", ")} (UTC)`;
  if (isOpen(windows, now)) return open(`${name} is open`);
  const opensAt = nextOpening(windows, now);
  return opensAt === null
    ? closed("RDS names no maintenance window for it: name one in remediation.window")
    : closed(`${name} is not open: wait until ${opensAt}`);
}

/** The windows that the policy gives a database: its own maintenance window, those that the policy names, or any time. */
export function windowsOf({ maintenanceWindow }: ClassifiedDatabase, policy: Policy): readonly string[] | "any-time" {
  const { window } = policy.remediation;
  if (window.includes("any-time")) return "any-time";
  return window.flatMap((one) => (one === "maintenance" ? (maintenanceWindow ?? []) : one));
}
