const special = /[\\^$.|+()/-]/g;

/** A regular expression of CloudFormation Guard for a glob of the policy, without the slashes. It ignores case. */
export function toPattern(glob: string): string {
  const tokens = glob.match(/\[[^\]]*\]|[\s\S]/g) ?? [];
  const parts = tokens.map((token) => {
    if (token.length > 1) return token.replace(/^\[[!^]/, "[^");
    if (token === "*") return ".*";
    if (token === "?") return ".";
    if (token === "{") return "(";
    if (token === "}") return ")";
    return token === "," ? "|" : token.replace(special, "\\$&");
  });
  return `(?i)^${parts.join("")}$`;
}
