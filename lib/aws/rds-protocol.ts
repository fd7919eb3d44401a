import { AwsQueryProtocol, XmlShapeDeserializer } from "@aws-sdk/core/protocols";
import { isPage, readPage } from "./read-page.ts";

/**
 * The protocol of RDS in the SDK, with a faster parser for the pages of DB instances and DB clusters. Everything else stays the SDK's.
 * `onFallback` is called for each of these pages that the SDK's own parser must read.
 */
export function createRdsProtocol(onFallback: () => void = () => {}): typeof AwsQueryProtocol {
  class PageDeserializer extends XmlShapeDeserializer {
    protected override parseXml(xml: string): unknown {
      const page = readPage(xml);
      if (page === null && isPage(xml)) onFallback();
      return page ?? super.parseXml(xml);
    }
  }

  return class RdsProtocol extends AwsQueryProtocol {
    constructor(options: ConstructorParameters<typeof AwsQueryProtocol>[0]) {
      super(options);
      this.deserializer = new PageDeserializer(this.deserializer.settings);
    }
  };
}
