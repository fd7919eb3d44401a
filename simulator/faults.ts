/** What goes wrong with which calls. `action` is as in IAM, `secretsmanager:ListSecrets`; a trailing `*` stands for the rest. */
export type FaultOptions = {
  action: string;
  account?: string;
  region?: string;
  /** Only calls that name this in a parameter, such as an identifier or part of an ARN. */
  matching?: string;
  /** `entry` fails single entries of a call that carries several, and leaves the others alone; it is counted per entry. */
  kind: "deny" | "throttle" | "error" | "hang" | "disconnect" | "expired-token" | "entry";
  /** The call does its work all the same, and only its answer is lost: what a client has to expect after a timeout. */
  takesEffect?: boolean;
  /** How many calls fail; for ever if absent. */
  times?: number;
  /** How many matching calls pass first: 1 fails on page 2. */
  skip?: number;
  /** For `error` and `entry`: what to answer instead of `InternalFailure`, 500. */
  code?: string;
  message?: string;
  status?: number;
  /** For `entry`: whether the service blames the sender, where it says so. */
  isSenderFault?: boolean;
  /** For `entry`, of SNS and Security Hub: the entry fails, and the answer does not name it. */
  isUnnamed?: boolean;
};

/** A fault and how much of it is left. */
export type Fault = FaultOptions & { toSkip: number; left: number };

/** The parts of a call that a fault is matched against. */
type MatchedCall = { action: string; account: string; region: string; params: unknown };

/** A Region, as far as its faults are concerned. */
type FaultyRegion = {
  readonly name: string;
  readonly account: { readonly id: string; readonly cloud: { readonly faults: readonly Fault[] } };
};

function matchesAction(pattern: string, action: string): boolean {
  return pattern.endsWith("*") ? action.startsWith(pattern.slice(0, -1)) : pattern === action;
}

function matches(fault: Fault, call: MatchedCall): boolean {
  return (
    matchesAction(fault.action, call.action) &&
    (fault.account === undefined || fault.account === call.account) &&
    (fault.region === undefined || fault.region === call.region) &&
    (fault.matching === undefined || JSON.stringify(call.params).includes(fault.matching))
  );
}

/** A fault that has not hit anything yet. */
export function toFault(options: FaultOptions): Fault {
  return {
    ...options,
    toSkip: options.skip ?? 0,
    left: options.times ?? Number.POSITIVE_INFINITY,
  };
}

/** The fault that this call meets, if any; counts what is skipped and what is used up. */
export function meetFault(faults: readonly Fault[], call: MatchedCall): Fault | undefined {
  for (const fault of faults) {
    if (fault.left === 0 || !matches(fault, call)) continue;
    if (fault.toSkip > 0) {
      fault.toSkip -= 1;
      continue;
    }
    fault.left -= 1;
    return fault;
  }
  return undefined;
}

/** The fault that one entry of a call meets, if any. */
export function meetEntryFault(region: FaultyRegion, action: string, entry: unknown): Fault | undefined {
  return meetFault(
    region.account.cloud.faults.filter(({ kind }) => kind === "entry"),
    { action, account: region.account.id, region: region.name, params: entry },
  );
}

/** Whether the caller lacks a permission that RDS uses in the caller's name; a fault of kind `deny` takes it away. */
export function isDenied(region: FaultyRegion, action: string, params: unknown = {}): boolean {
  return (
    meetFault(
      region.account.cloud.faults.filter(({ kind }) => kind === "deny"),
      { action, account: region.account.id, region: region.name, params },
    ) !== undefined
  );
}
