import type { Params } from "../params.ts";
import type { Protocol } from "../protocol/protocol.ts";
import type { SimulatedError } from "../simulated-error.ts";
import type { Region, SimulatedAccount } from "../state.ts";

/** The caller and the Region of a call. */
export type CallContext = {
  account: SimulatedAccount;
  region: Region;
  /** The caller's ARN, which error messages name. */
  callerArn: string;
  /** Real time: credentials expire by the client's clock, not by the virtual one. */
  wallClock: Date;
};

/** Performs one action and returns its output. @throws SimulatedError */
export type Action = (params: Params, context: CallContext) => object;

/** The errors that every service has, in one service's terms. */
export type ServiceErrors = {
  denied: (message: string) => SimulatedError;
  throttled: () => SimulatedError;
  expiredToken: () => SimulatedError;
  invalidToken: () => SimulatedError;
  unsigned: () => SimulatedError;
  unknownAction: (action: string) => SimulatedError;
};

/** One AWS service: its protocol, its errors, and its actions. */
export type Service = {
  protocol: Protocol;
  errors: ServiceErrors;
  actions: Readonly<Record<string, Action>>;
  /** The permission of each action whose permission has another name. Faults and the list of calls use permissions. */
  permissions?: Readonly<Record<string, string>>;
  /** True if the service is the same in every Region, enabled or not. */
  isGlobal?: boolean;
};
