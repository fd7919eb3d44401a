import { createClock } from "./clock.ts";
import { destinationBuilders } from "./destinations.ts";
import { toFault } from "./faults.ts";
import { fleetBuilders } from "./fleet.ts";
import { defaultRegions } from "./regions.ts";
import type { Cloud, Region, SimulatedAccount } from "./state.ts";

/** Creates an empty Region without adding it to the account. */
export function createRegion(account: SimulatedAccount, name: string): Region {
  const state = {
    name,
    account,
    instances: new Map(),
    clusters: new Map(),
    tenants: new Map(),
    blueGreenDeployments: new Map(),
    events: [],
    proxies: new Map(),
    secrets: new Map(),
    keys: new Map(),
    keyPolicies: new Map(),
    keyGrants: new Map(),
    aliases: new Map(),
    buckets: new Map(),
    topics: new Map(),
    securityHub: { isEnabled: false, findings: new Map() },
    configRules: new Map(),
    evaluations: new Map(),
    workloads: {
      recorder: null,
      trails: [],
      trailEvents: [],
      unreservedConcurrency: 1000,
      hasDurableFunctions: true,
      proxyTargets: [],
      functions: [],
      taskDefinitions: [],
    },
    failingRotations: new Set<string>(),
    secretHistory: [],
    serials: new Map(),
  };
  // The builders need the Region, which contains them.
  const region: Region = Object.assign(
    state,
    fleetBuilders(() => region),
    destinationBuilders(() => region),
  );
  return region;
}

/** Creates an empty AWS whose clock stands at `now`. It is deterministic: the same calls produce the same ids. */
export function createCloud({ now }: { now: Date }): Cloud {
  const clock = createClock(now);
  const accounts = new Map<string, SimulatedAccount>();

  const account: Cloud["account"] = (id, options = {}) => {
    if (!/^\d{12}$/.test(id)) throw new Error(`An account id has 12 digits: ${id}`);
    const found = accounts.get(id);
    if (found) {
      if (options.regions) {
        found.enabledRegions.clear();
        for (const name of [...options.regions, ...found.regions.keys()]) found.enabledRegions.add(name);
      }
      if (options.roles) found.roles = options.roles;
      if (options.externalId) found.externalId = options.externalId;
      return found;
    }
    const made: SimulatedAccount = {
      id,
      partition: options.partition ?? "aws",
      cloud,
      enabledRegions: new Set(options.regions ?? defaultRegions),
      regions: new Map(),
      globalClusters: new Map(),
      ...(options.roles && { roles: options.roles }),
      ...(options.externalId && { externalId: options.externalId }),
    };
    accounts.set(id, made);
    return made;
  };

  const region: Cloud["region"] = (id, name) => {
    const owner = account(id);
    owner.enabledRegions.add(name);
    const found = owner.regions.get(name) ?? createRegion(owner, name);
    owner.regions.set(name, found);
    return found;
  };

  const cloud: Cloud = {
    now: clock.now,
    advance: clock.advance,
    clock,
    accounts,
    account,
    region,
    organization: null,
    faults: [],
    fault: (options) => {
      const fault = toFault(options);
      cloud.faults.push(fault);
      return () => {
        const index = cloud.faults.indexOf(fault);
        if (index >= 0) cloud.faults.splice(index, 1);
      };
    },
    calls: [],
    lag: { listSecretsSeconds: 0 },
    timing: {
      createSeconds: 300,
      resetStartsSeconds: 30,
      resetEndsSeconds: 120,
      rotateSeconds: 60,
      deleteSeconds: 120,
      sessionSeconds: 3600,
      startSeconds: 180,
    },
  };
  return cloud;
}
