/**
 * Passes the deployment's parameters to template.ts and its result to osls, which loads only CommonJS. An invalid parameter ends
 * the packaging with a sentence that names it.
 */
module.exports = async ({ options, resolveVariable, resolveConfigurationProperty }) => {
  try {
    const { template } = await import("./template.ts");
    const stage = options.stage ?? (await resolveConfigurationProperty(["provider", "stage"]));
    const { default: defaults, [stage]: stageParams } = await resolveConfigurationProperty(["params"]);
    const names = [
      ...Object.keys({ ...defaults, ...stageParams }),
      ...(options.param ?? []).map((param) => param.split("=")[0]),
    ];
    const values = {};
    for (const name of new Set(names)) values[name] = await resolveVariable(`param:${name}`);
    return template(values, await resolveConfigurationProperty(["provider", "region"]));
  } catch (error) {
    if (error.name === "UsageError") error.stack = error.message;
    if (error.code === "ERR_UNKNOWN_FILE_EXTENSION")
      error.stack = "Packaging needs Node.js 24, which the project installs. Run it with npx or an npm script.";
    throw error;
  }
};
