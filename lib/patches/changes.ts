import { keyOfSecret, keyPolicy, usableKey } from "./keys.ts";
import { newSecret } from "./new-secret.ts";
import type { ChangeByTool } from "./patch.ts";
import { restoreSecret, rotate, scheduleRotation } from "./rotation.ts";
import { limitSharing } from "./sharing.ts";
import { turnOn } from "./turn-on.ts";

/** The change that each violation needs: by the id of the rule, and that of its message. */
const changes: Readonly<Record<string, Readonly<Record<string, ChangeByTool>>>> = {
  "master-password-managed": { unmanaged: turnOn, unmanagedWithoutKey: turnOn },
  "password-not-in-template": {
    literal: turnOn,
    "parameter-default": turnOn,
    "parameter-file": turnOn,
    "parameter-shown": turnOn,
    state: turnOn,
  },
  "toggle-not-interrupted": { interrupted: turnOn },
  "secret-key-as-required": { rdsKeyOther: newSecret, secretKeyOther: newSecret, sameAsStorage: newSecret },
  "secret-belongs-to-database": {
    missing: newSecret,
    notOwned: newSecret,
    another: newSecret,
    beingDeleted: restoreSecret,
  },
  "secret-key-usable": {
    missing: newSecret,
    disabled: usableKey,
    pendingDeletion: usableKey,
    unusable: usableKey,
    rdsKeyUnusable: usableKey,
  },
  "secret-key-consistent": { different: keyOfSecret },
  "secret-not-impaired": {
    impairedByKeyPolicy: keyPolicy,
    impairedByCause: rotate,
    rotationFailed: rotate,
    impaired: rotate,
  },
  "secret-not-stuck": { stuck: rotate },
  "rotation-enabled": { off: scheduleRotation, offNotOwned: newSecret },
  "rotation-on-schedule": { overdue: rotate },
  "rotation-interval-within-limit": { tooLong: scheduleRotation },
  "secret-not-shared": { shared: limitSharing },
};

/** The change for a violation; null if there is none, as for a pass and for what could not be evaluated. */
export function findChange(rule: string, messageId: string): ChangeByTool | null {
  return changes[rule]?.[messageId] ?? null;
}
