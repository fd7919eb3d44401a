/** Orders text by code unit, so that the order does not depend on the machine's locale. */
export function compareText(a: string, b: string): number {
  return Number(a > b) - Number(a < b);
}
