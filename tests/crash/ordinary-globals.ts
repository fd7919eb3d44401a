import { constants, createContext } from "node:vm";
import { TestEnvironment } from "jest-environment-node";

/**
 * Jest's Node.js environment with ordinary globals. In Jest's own, each use of `Object`, `JSON` or `Date` goes through a proxy, which takes
 * half of the time of these tests.
 */
// biome-ignore lint/style/noDefaultExport: Jest takes no other.
export default class OrdinaryGlobals extends TestEnvironment {
  constructor(...options: ConstructorParameters<typeof TestEnvironment>) {
    super(...options);
    const context = createContext(constants.DONT_CONTEXTIFY) as typeof this.global;
    const ofNode = { global: context, Buffer, ArrayBuffer, Uint8Array };
    const { global: _, ...ofJest } = Object.getOwnPropertyDescriptors(this.global);
    for (const name of Object.getOwnPropertyNames(context)) Reflect.deleteProperty(ofJest, name);
    Object.defineProperties(context, { ...ofJest, ...Object.getOwnPropertyDescriptors(ofNode) });
    this.context = context;
    this.global = context;
  }
}
