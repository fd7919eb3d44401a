/**
 * Hands the deployment's parameters to template.ts, and what follows from them to osls, which loads CommonJS only.
 * A parameter that makes no sense ends the packaging here, with a sentence that names it.
 */
module.exports = async ({ options, resolveVariable, resolveConfigurationProperty }) => {
  try {
    const { template } = await import("./template.ts");
    const stage = options.stage ?? (await resolveConfigurationProperty(["provider", "stage"]));
    const { default: defaults, [stage]: ofStage } = await resolveConfigurationProperty(["params"]);
    const names = [
      ...Object.keys({ ...defaults, ...ofStage }),
      ...(options.param ?? []).map((given) => given.split("=")[0]),
    ];
    const given = {};
    for (const name of new Set(names)) given[name] = await resolveVariable(`param:${name}`);
    return template(given, await resolveConfigurationProperty(["provider", "region"]));
  } catch (error) {
    if (error.name === "UsageError") error.stack = error.message;
    if (error.code === "ERR_UNKNOWN_FILE_EXTENSION")
      error.stack = "Packaging needs Node 24: use npx, or an npm script.";
    throw error;
  }
};
