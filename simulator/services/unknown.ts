import { json11 } from "../protocol/json.ts";
import { queryXml } from "../protocol/query-xml.ts";
import { SimulatedError } from "../simulated-error.ts";
import { jsonErrors, queryErrors } from "./errors.ts";
import type { Service } from "./service.ts";

/** Replaces a service that the simulator does not have: rejects each call, in the protocol that the client uses. */
export function unknownService(name: string, isForm: boolean, known: readonly string[]): Service {
  return {
    protocol: isForm ? queryXml("http://simulator.invalid/") : json11("message"),
    errors: {
      ...(isForm ? queryErrors("") : jsonErrors),
      unknownAction: (action) =>
        new SimulatedError(
          isForm ? "InvalidAction" : "UnknownOperationException",
          `The simulator cannot do ${name}:${action}: it has no service ${name}, only ${known.join(", ")}.`,
        ),
    },
    isGlobal: true,
    actions: {},
  };
}
