import { SimulatedError } from "../simulated-error.ts";
import type { ServiceErrors } from "./service.ts";

const invalidToken = "The security token included in the request is invalid.";
const expiredToken = "The security token included in the request is expired";

/** The errors of RDS and STS, and of SNS except for access denied. */
export function queryErrors(version: string): ServiceErrors {
  return {
    denied: (message) => new SimulatedError("AccessDenied", message, 403),
    throttled: () => new SimulatedError("Throttling", "Rate exceeded"),
    expiredToken: () => new SimulatedError("ExpiredToken", expiredToken, 403),
    invalidToken: () => new SimulatedError("InvalidClientTokenId", invalidToken, 403),
    unsigned: () => new SimulatedError("MissingAuthenticationToken", "Request is missing Authentication Token", 403),
    unknownAction: (action) =>
      new SimulatedError("InvalidAction", `Could not find operation ${action} for version ${version}`),
  };
}

/** The errors of Secrets Manager, KMS, and AWS Config. */
export const jsonErrors: ServiceErrors = {
  denied: (message) => new SimulatedError("AccessDeniedException", message),
  throttled: () => new SimulatedError("ThrottlingException", "Rate exceeded"),
  expiredToken: () => new SimulatedError("ExpiredTokenException", expiredToken),
  invalidToken: () => new SimulatedError("UnrecognizedClientException", invalidToken),
  unsigned: () => new SimulatedError("MissingAuthenticationTokenException", "Missing Authentication Token"),
  unknownAction: (action) => new SimulatedError("UnknownOperationException", `Unknown operation ${action}`),
};

/** The errors of Account Management and Security Hub. */
export const restErrors: ServiceErrors = {
  denied: (message) => new SimulatedError("AccessDeniedException", message, 403),
  throttled: () => new SimulatedError("TooManyRequestsException", "Rate exceeded", 429),
  expiredToken: () => new SimulatedError("ExpiredTokenException", expiredToken, 403),
  invalidToken: () => new SimulatedError("UnrecognizedClientException", invalidToken, 403),
  unsigned: () => new SimulatedError("MissingAuthenticationTokenException", "Missing Authentication Token", 403),
  unknownAction: (action) => new SimulatedError("UnknownOperationException", `Unknown operation ${action}`, 404),
};
