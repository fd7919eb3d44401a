import * as z from "zod/mini";
import { emptiedRegionSchema } from "./change.ts";

/** The audit that a notice belongs to, and when it ended. */
const source = { eventId: z.string(), at: z.iso.datetime() };

/** What people are told once, apart from changes: Regions that no longer have databases, and a weekly reminder of what is still critical. */
export const noticeSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("regions-emptied"), ...source, regions: z.array(emptiedRegionSchema) }),
  z.object({ type: z.literal("reminder"), ...source }),
]);
export type Notice = z.infer<typeof noticeSchema>;
