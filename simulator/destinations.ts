import type { DestinationBuilders } from "./builders.ts";
import { arnPrefix, uuidFrom } from "./identifiers.ts";
import type { Bucket, Topic } from "./resources.ts";
import type { Region } from "./state.ts";

/** Creates the builders of a Region. They call `regionOf` only when they are used, because the Region contains them. */
export function destinationBuilders(regionOf: () => Region): DestinationBuilders {
  return {
    addBucket: (name) => {
      const bucket: Bucket = { name, objects: new Map() };
      regionOf().buckets.set(name, bucket);
      return bucket;
    },
    addTopic: (name) => {
      const TopicArn = `${arnPrefix(regionOf(), "sns")}${name}`;
      const topic: Topic = { TopicArn, messages: [], subscriptions: [] };
      regionOf().topics.set(TopicArn, topic);
      return topic;
    },
    enableSecurityHub: () => {
      regionOf().securityHub.isEnabled = true;
    },
    addConfigRule: (name) => {
      const rule = { ConfigRuleName: name, resultToken: uuidFrom(`${arnPrefix(regionOf(), "config")}${name}`) };
      regionOf().configRules.set(name, rule);
      return rule;
    },
  };
}
