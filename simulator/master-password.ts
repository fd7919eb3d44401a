import { flagIn, type Params, textIn } from "./params.ts";
import { invalidValue } from "./rds-errors.ts";
import type { SimulatedError } from "./simulated-error.ts";

/** What a Create or Modify call says about the master password. The password itself stays outside: it is looked at and forgotten. */
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
 * Looks at a proposed master password and forgets it: nothing of it is kept.
 * @throws SimulatedError for one that the engine would refuse
 */
function checkMasterPassword(password: string, engine: string, isCluster: boolean): void {
  const limit = isCluster ? 41 : longest(engine);
  const refuse = (why: string): SimulatedError =>
    invalidValue(`The parameter MasterUserPassword is not a valid password${why}`);
  if (password.length < 8) throw refuse(" because it is shorter than 8 characters.");
  // Wording not verified.
  if (password.length > limit) throw refuse(` because it is longer than ${limit} characters.`);
  const isOracle = engine.startsWith("oracle");
  if (!/^[!-~]+$/.test(password) || /[/"@]/.test(password) || (isOracle && /[&']/.test(password)))
    throw refuse(`. Only printable ASCII characters besides '/', '@', '"', ' ' may be used.`);
}

/** What a call says about the master password; the password is checked here and goes no further. */
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
