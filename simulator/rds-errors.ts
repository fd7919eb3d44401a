import { isCluster } from "./databases.ts";
import type { SimulatedDatabase } from "./resources.ts";
import { SimulatedError } from "./simulated-error.ts";

/** How RDS refuses parameters that do not go together, or not with this database. */
export function invalidCombination(message: string): SimulatedError {
  return new SimulatedError("InvalidParameterCombination", message);
}

/** How RDS refuses one parameter for what it says. */
export function invalidValue(message: string): SimulatedError {
  return new SimulatedError("InvalidParameterValue", message);
}

/** The error of a database that is not in a state to be changed. */
export function invalidState(database: SimulatedDatabase, message: string): SimulatedError {
  return new SimulatedError(isCluster(database) ? "InvalidDBClusterStateFault" : "InvalidDBInstanceState", message);
}
