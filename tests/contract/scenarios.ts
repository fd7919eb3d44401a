import type { Scenario } from "./scenario.ts";
import { scenariosOfDatabases } from "./scenarios-of-databases.ts";
import { scenariosOfKeys } from "./scenarios-of-keys.ts";
import { scenariosOfSecrets } from "./scenarios-of-secrets.ts";

/** The contract: the scenarios of both emulators. */
export const scenarios: readonly Scenario[] = [...scenariosOfDatabases, ...scenariosOfSecrets, ...scenariosOfKeys];
