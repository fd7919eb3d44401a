import { isCluster } from "./databases.ts";
import type { SimulatedDatabase } from "./resources.ts";
import { SimulatedError } from "./simulated-error.ts";

/** Parameters that conflict with each other or with the database. */
export function invalidCombination(message: string): SimulatedError {
  return new SimulatedError("InvalidParameterCombination", message);
}

/** An invalid parameter value. */
export function invalidValue(message: string): SimulatedError {
  return new SimulatedError("InvalidParameterValue", message);
}

/** A database state that does not allow the call. */
export function invalidState(database: SimulatedDatabase, message: string): SimulatedError {
  return new SimulatedError(isCluster(database) ? "InvalidDBClusterStateFault" : "InvalidDBInstanceState", message);
}
