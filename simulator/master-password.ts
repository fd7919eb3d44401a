import { flagIn, type Params, textIn } from "./params.ts";
import { invalidValue } from "./rds-errors.ts";
import type { SimulatedError } from "./simulated-error.ts";

/** The master password parameters of a Create or Modify call, without the password. */
export type PasswordRequest = {
  manage?: boolean | undefined;
  kmsKeyId?: string | undefined;
  hasPassword: boolean;
  rotate?: boolean | undefined;
  applyImmediately?: boolean | undefined;
};

function longest(engine: string): number {
  if (engine.startsWith("oracle")) return 30;
  if (engine.startsWith("db2")) return 255;
  return engine.startsWith("postgres") || engine.startsWith("sqlserver") ? 128 : 41;
}

/**
 * Validates a master password without storing it.
 * @throws SimulatedError for a password that the engine rejects.
 */
function checkMasterPassword(password: string, engine: string, isCluster: boolean): void {
  const limit = isCluster ? 41 : longest(engine);
  const invalid = (why: string): SimulatedError =>
    invalidValue(`The parameter MasterUserPassword is not a valid password${why}`);
  if (password.length < 8) throw invalid(" because it is shorter than 8 characters.");
  // Wording not verified.
  if (password.length > limit) throw invalid(` because it is longer than ${limit} characters.`);
  const isOracle = engine.startsWith("oracle");
  if (!/^[!-~]+$/.test(password) || /[/"@]/.test(password) || (isOracle && /[&']/.test(password)))
    throw invalid(`. Only printable ASCII characters besides '/', '@', '"', ' ' may be used.`);
}

/** Reads the master password parameters of a call. Validates the password and drops it. */
export function passwordRequestIn(params: Params, engine: string, isForCluster: boolean): PasswordRequest {
  const password = textIn(params, "MasterUserPassword");
  if (password !== undefined) checkMasterPassword(password, engine, isForCluster);
  return {
    manage: flagIn(params, "ManageMasterUserPassword"),
    kmsKeyId: textIn(params, "MasterUserSecretKmsKeyId"),
    hasPassword: password !== undefined,
    rotate: flagIn(params, "RotateMasterUserPassword"),
    applyImmediately: flagIn(params, "ApplyImmediately"),
  };
}
