import { get, textOf } from "../json-value.ts";
import { findReferences, listReferenced, listSecretNames, type Reference } from "./references.ts";

/** Resources that connect a secret of one's own to a database and rotate it. With a managed password they do harm. */
const types = ["AWS::SecretsManager::SecretTargetAttachment", "AWS::SecretsManager::RotationSchedule"];

/** The parameters and resources of a template that a password comes from. */
export function listSources(password: unknown, root: object): readonly string[] {
  const resources = Object.entries(get(root, "Resources") ?? {});
  const byName = listSecretNames(password).flatMap((name) =>
    resources.flatMap(([id, one]) => (get(get(one, "Properties"), "Name") === name ? [id] : [])),
  );
  return [...new Set([...listReferenced(password), ...byName])].filter((id) => !id.startsWith("AWS::"));
}

/** The attachments and rotations of a secret. */
export function findAttachments(secret: string, root: object): readonly string[] {
  const found = new Set<string>();
  const add = (name: string) => {
    for (const [, id = ""] of findReferences(root, name).filter((path) => isAttachment(path, root)))
      if (!found.has(id)) {
        found.add(id);
        add(id);
      }
  };
  add(secret);
  return [...found];
}

/** True for a reference in an attachment or a rotation. */
export function isAttachment([section, id = ""]: Reference, root: object): boolean {
  return section === "Resources" && types.includes(textOf(get(get(get(root, "Resources"), id), "Type")));
}
