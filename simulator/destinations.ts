import { arnPrefix, uuidFrom } from "./identifiers.ts";
import type { Bucket, ConfigRule, Region, Topic } from "./state.ts";

/** Ways to give a Region what a service writes to. */
export type DestinationBuilders = {
  addBucket: (name: string) => Bucket;
  addTopic: (name: string) => Topic;
  enableSecurityHub: () => void;
  /** The rule's token is good for any number of calls. */
  addConfigRule: (name: string) => ConfigRule;
};

/** The builders of a Region, which `regionOf` gives when they are used. */
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
