import { type Policy, policySchema } from "./policy.ts";

/** The policy where there is no file. It stands apart because the functions, which always have one, need not make it at their start. */
export const defaultPolicy: Policy = policySchema([]).parse({});
