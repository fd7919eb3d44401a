import { toggleTag } from "../model/database.ts";
import { parseMarker } from "../model/marker.ts";
import { isSettled } from "./await-secret.ts";
import { announce, begin, refuse } from "./begin.ts";
import { finishToggle, takeMarkOff } from "./finish-toggle.ts";
import type { Glimpse, Procedure } from "./repair.ts";

/** A toggle that was killed while RDS turned management off still shows the old secret for some minutes. */
const timeoutMinutes = 15;

/** Finishes a toggle that somebody began: the mark on the database says so. Where nothing was turned off, only the mark comes off. */
export const finishInterrupted: Procedure = async (repair) => {
  const { gates, begun } = await begin(repair, "read the mark", {
    change: async ({ database }) => ({
      database,
      keyReference: parseMarker(database.tags[toggleTag] ?? "")?.keyReference ?? null,
      keepsake: await repair.keepsake.read(),
    }),
  });
  if (begun === null) return refuse(repair, gates);
  const oldSecretArn = begun.keepsake?.secretArn ?? null;
  await announce(repair, "tell that it begins", {
    type: "remediation.started",
    message: "A toggle that was interrupted is about to be finished: management is turned on again where it is off.",
    secret: { before: oldSecretArn, after: null },
    keyReference: begun.keyReference,
  });
  const wasTurnedOff = ({ database }: Glimpse) => {
    const secretArn = database?.masterUserSecret?.secretArn ?? null;
    return secretArn === null || (oldSecretArn !== null && secretArn !== oldSecretArn);
  };
  const { seen } = await repair.workflow.poll("wait until RDS is at rest", repair.look, {
    until: (glimpse) => wasTurnedOff(glimpse) && (glimpse.database === null || isSettled(glimpse.database)),
    timeoutMinutes,
  });
  if (seen === null || wasTurnedOff(seen)) return finishToggle(repair, begun);
  const remark = (await takeMarkOff(repair)) ? "Nothing had been turned off." : "The mark could not be taken off.";
  return { end: "repaired", remarks: [remark] };
};
