/** A resource of a plan, with its configuration. */
export type PlanResource = {
  readonly type: string;
  readonly name: string;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly unknown?: Readonly<Record<string, unknown>>;
  readonly expressions?: Readonly<Record<string, unknown>>;
  readonly actions?: readonly string[];
  readonly mode?: string;
  /** Of a resource with `count`. */
  readonly index?: number;
};

/** A plan as `terraform show -json` writes it, of resources in the root module. */
export function aPlan(resources: readonly PlanResource[], more: Readonly<Record<string, unknown>> = {}) {
  return {
    format_version: "1.2",
    terraform_version: "1.9.8",
    planned_values: { root_module: {} },
    resource_changes: resources.map(
      ({ type, name, after, unknown = {}, actions = ["create"], mode = "managed", index }) => ({
        address: `${type}.${name}${index === undefined ? "" : `[${index}]`}`,
        mode,
        type,
        name,
        change: { actions, before: null, after, after_unknown: unknown },
      }),
    ),
    configuration: {
      root_module: { resources: resources.map(({ type, name, expressions = {} }) => ({ type, name, expressions })) },
    },
    complete: true,
    errored: false,
    ...more,
  };
}
