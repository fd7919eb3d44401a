import { SimulatedError } from "./simulated-error.ts";

const longest = (engine: string): number => {
  if (engine.startsWith("oracle")) return 30;
  if (engine.startsWith("db2")) return 255;
  return engine.startsWith("postgres") || engine.startsWith("sqlserver") ? 128 : 41;
};

/**
 * Looks at a proposed master password and forgets it: nothing of it is kept.
 * @throws SimulatedError for one that the engine would refuse
 */
export const checkMasterPassword = (password: string, engine: string, isCluster: boolean): void => {
  const limit = isCluster ? 41 : longest(engine);
  const refuse = (why: string): SimulatedError =>
    new SimulatedError("InvalidParameterValue", `The parameter MasterUserPassword is not a valid password${why}`);
  if (password.length < 8) throw refuse(" because it is shorter than 8 characters.");
  // Wording not verified.
  if (password.length > limit) throw refuse(` because it is longer than ${limit} characters.`);
  const isOracle = engine.startsWith("oracle");
  if (!/^[!-~]+$/.test(password) || /[/"@]/.test(password) || (isOracle && /[&']/.test(password)))
    throw refuse(`. Only printable ASCII characters besides '/', '@', '"', ' ' may be used.`);
};
