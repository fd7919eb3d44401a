import vm from "node:vm";
import { TestEnvironment } from "jest-environment-node";

/**
 * Jest's Node.js environment with an ordinary global object. Jest's own sandbox sends each lookup of a global such as `Math` through a
 * Proxy, which makes these tests take a third longer.
 */
// biome-ignore lint/style/noDefaultExport: jest reads an environment from the default export
export default class PlainContext extends TestEnvironment {
  constructor(...args: ConstructorParameters<typeof TestEnvironment>) {
    const { createContext } = vm;
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(...args);
    } finally {
      vm.createContext = createContext;
    }
    // Jest's 100 frames make errors, which these tests throw by the thousand, slow.
    this.global.Error.stackTraceLimit = 10;
  }
}
