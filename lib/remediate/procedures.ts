import type { ActionName } from "../model/action.ts";
import { enable } from "./enable.ts";
import { finishInterrupted } from "./finish-interrupted.ts";
import type { Procedure } from "./repair.ts";
import { rotate } from "./rotate.ts";
import { scheduleRotation } from "./schedule-rotation.ts";
import { toggle } from "./toggle.ts";

export const procedures: Readonly<Record<ActionName, Procedure>> = {
  "schedule-rotation": scheduleRotation,
  rotate,
  toggle,
  enable,
  "finish-interrupted": finishInterrupted,
};
