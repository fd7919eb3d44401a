/** Which calls fail and how. `action` is an IAM action such as `secretsmanager:ListSecrets`; a trailing `*` is a wildcard. */
export type FaultOptions = {
  action: string;
  account?: string;
  region?: string;
  /** Only calls with this text in a parameter, such as an identifier or part of an ARN. */
  matching?: string;
  /** `entry` fails single entries of a batch call and counts entries instead of calls. */
  kind: "deny" | "throttle" | "error" | "hang" | "disconnect" | "expired-token" | "entry";
  /** The call takes effect and only its response is lost, as after a timeout. */
  takesEffect?: boolean;
  /** How many calls fail; all if absent. */
  times?: number;
  /** How many matching calls succeed first: 1 fails on page 2. */
  skip?: number;
  /** For `error` and `entry`: the error code; `InternalFailure` with status 500 if absent. */
  code?: string;
  message?: string;
  status?: number;
  /** For `entry`: the `SenderFault` of SNS. */
  isSenderFault?: boolean;
  /** For `entry`, of SNS and Security Hub: the response omits the failed entry. */
  isUnnamed?: boolean;
};

/** A fault and its remaining counts. */
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

/** Creates an unused fault. */
export function toFault(options: FaultOptions): Fault {
  return {
    ...options,
    toSkip: options.skip ?? 0,
    left: options.times ?? Number.POSITIVE_INFINITY,
  };
}

/** Finds the fault that applies to a call, if any, and counts it down. */
export function takeFault(faults: readonly Fault[], call: MatchedCall): Fault | undefined {
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

/** Finds the fault that applies to one entry of a batch call, if any, and counts it down. */
export function takeEntryFault(region: FaultyRegion, action: string, entry: unknown): Fault | undefined {
  return takeFault(
    region.account.cloud.faults.filter(({ kind }) => kind === "entry"),
    { action, account: region.account.id, region: region.name, params: entry },
  );
}

/** The `deny` fault that applies to an action without making the call, if any. It is not counted down. */
export function findDenial(faults: readonly Fault[], call: MatchedCall): Fault | undefined {
  return faults.find((fault) => fault.kind === "deny" && fault.left > 0 && matches(fault, call));
}

/** True if a `deny` fault removes a permission that RDS uses on the caller's behalf. */
export function isDenied(region: FaultyRegion, action: string, params: unknown = {}): boolean {
  return (
    takeFault(
      region.account.cloud.faults.filter(({ kind }) => kind === "deny"),
      { action, account: region.account.id, region: region.name, params },
    ) !== undefined
  );
}
