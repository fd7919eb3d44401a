import { type Policy, policySchema } from "./policy.ts";

/** The policy without a policy file. It has a file of its own so that the functions, which always have a policy, do not build it at startup. */
export const defaultPolicy: Policy = policySchema([]).parse({});
