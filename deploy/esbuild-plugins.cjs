/** The esbuild plugins of the functions, loaded by serverless-esbuild, which takes only CommonJS. */
const { readFileSync } = require("node:fs");

/**
 * The SDK writes the shapes of its operations with the keys as constants: `{ [_xN]: _DBI }`. esbuild cannot know what such a key does when it
 * is evaluated, and keeps the shapes of all operations of a service. With literal keys it drops those that nothing uses.
 */
const literalKeys = {
  name: "literal-keys",
  setup(build) {
    build.onLoad({ filter: /[\\/]@aws-sdk[\\/].*[\\/]schemas[\\/]schemas_0\.js$/ }, ({ path }) => ({
      contents: toLiteralKeys(readFileSync(path, "utf8")),
      loader: "js",
    }));
  },
};

function toLiteralKeys(source) {
  const constants = new Map(source.matchAll(/^const (_\w+) = ("[^"\\]*");$/gm).map(([, name, text]) => [name, text]));
  return source.replaceAll(/\[(_\w+)\]:/g, (key, name) => (constants.has(name) ? `${constants.get(name)}:` : key));
}

/**
 * What a function loads only when it needs it is in files of its own: `audit.<hash>.mjs` beside `audit.mjs`. serverless-esbuild packs a file
 * into the function whose name it starts with.
 */
const chunksOfFunction = {
  name: "chunks-of-function",
  setup({ initialOptions }) {
    const [, name] = /([^/]+)\.ts$/.exec(initialOptions.entryPoints[0]);
    initialOptions.chunkNames = `${name}.[hash]`;
  },
};

module.exports = [literalKeys, chunksOfFunction];
module.exports.literalKeys = literalKeys;
