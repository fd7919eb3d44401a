import type { Scenario } from "./scenario.ts";
import { scenariosOfDatabases } from "./scenarios-of-databases.ts";
import { scenariosOfKeys } from "./scenarios-of-keys.ts";
import { scenariosOfSecrets } from "./scenarios-of-secrets.ts";

/** The contract: every conversation that both emulators must be able to hold. */
export const scenarios: readonly Scenario[] = [...scenariosOfDatabases, ...scenariosOfSecrets, ...scenariosOfKeys];
