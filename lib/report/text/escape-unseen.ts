/** JSON in which no text has a character that drives a terminal, turns the direction of text, or is none in XML. */
export function escapeUnseen(json: string): string {
  return json.replaceAll(
    /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
