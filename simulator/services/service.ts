import type { Params } from "../params.ts";
import type { Protocol } from "../protocol/protocol.ts";
import type { SimulatedError } from "../simulated-error.ts";
import type { Region, SimulatedAccount } from "../state.ts";

/** Who calls, and where. */
export type CallContext = {
  account: SimulatedAccount;
  region: Region;
  /** The ARN that AWS names in refusals. */
  callerArn: string;
  /** Real time: credentials expire by the client's clock, not by the cloud's. */
  wallClock: Date;
};

/** Answers one action, and changes the cloud if that is what the action does. @throws SimulatedError */
export type Action = (params: Params, context: CallContext) => object;

/** How a service refuses what every service may refuse. */
export type Refusals = {
  denied: (message: string) => SimulatedError;
  throttled: () => SimulatedError;
  expiredToken: () => SimulatedError;
  invalidToken: () => SimulatedError;
  unsigned: () => SimulatedError;
  unknownAction: (action: string) => SimulatedError;
};

/** One AWS service: how it is spoken to, how it refuses, and what it can do. */
export type Service = {
  protocol: Protocol;
  refusals: Refusals;
  actions: Readonly<Record<string, Action>>;
  /** The permission that an operation needs, where it is not called like the operation: faults and the list of calls go by it. */
  permissions?: Readonly<Record<string, string>>;
  /** Whether it is the same in every Region, enabled or not. */
  isGlobal?: boolean;
};
