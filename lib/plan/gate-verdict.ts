import type { ActionName } from "../model/action.ts";
import type { KeyChoice } from "./choose-key.ts";
import type { RequestedRepair, RequestOptions } from "./requested-repairs.ts";

/** Everything that decides whether an action may start. Data only. */
export type Circumstances = Pick<RequestedRepair, "database" | "context" | "target" | "exemption"> &
  Pick<RequestOptions, "policy" | "state" | "now"> & {
    readonly action: ActionName;
    readonly key: KeyChoice;
    /** True if remediation is on: in the deployment, or at a terminal through `--apply`. */
    readonly isEnabled: boolean;
    /** The execution that asks. Its own entries in the state do not close its gates. */
    readonly execution: string | null;
    /** Who approved the action; null if it is not approved yet. */
    readonly approvedBy: string | null;
    /** The action that comes first on this database; null if this one does. */
    readonly ahead: string | null;
    /** Actions that start before this one in the same account and Region, each as in "toggle of DB instance orders". */
    readonly plannedBefore: readonly string[];
  };

/** What a gate's predicate decides, and why. */
export type GateVerdict = {
  readonly open: boolean;
  readonly reason: string;
  /** Set if a person must not make the change by hand either: why, and what to resolve first. */
  readonly manualBlocker?: string;
};

export type GatePredicate = (circumstances: Circumstances) => GateVerdict;

export const open = (reason: string): GateVerdict => ({ open: true, reason });
export const closed = (reason: string): GateVerdict => ({ open: false, reason });

/** Closes a gate whose condition could not be read. */
export const unknown = (what: string, why: string): GateVerdict =>
  closed(`cannot determine ${what} (${why}): allow that call, then try again`);

/** Also keeps a person from making the change by hand. */
export const blockManual = (verdict: GateVerdict, manualBlocker = verdict.reason): GateVerdict => ({
  ...verdict,
  manualBlocker,
});

/** Also keeps a person from toggling by hand: after turning management off, they could not turn it on again. */
export const blockManualToggle = (
  action: ActionName,
  verdict: GateVerdict,
  manualBlocker = verdict.reason,
): GateVerdict => (action === "toggle" ? blockManual(verdict, manualBlocker) : verdict);
