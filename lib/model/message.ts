import * as z from "zod";
import { changeSchema, digestSchema } from "./change.ts";

const schemaVersion = z.literal("1.0");

/**
 * A message of the findings topic, and the contract that its subscribers build on; its JSON Schema is published with the package.
 * `truncated` names what was left out or cut because SNS carries no more; the report has all of it.
 */
export const messageSchema = z.discriminatedUnion("type", [
  z.object({ schemaVersion, ...changeSchema.shape, truncated: z.array(z.string()) }),
  z.object({ schemaVersion, type: z.literal("audit.completed"), at: z.iso.datetime(), audit: digestSchema }),
]);
export type FindingsMessage = z.infer<typeof messageSchema>;
