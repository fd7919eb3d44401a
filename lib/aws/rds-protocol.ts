import { AwsQueryProtocol, XmlShapeDeserializer } from "@aws-sdk/core/protocols";
import { readPage } from "./read-page.ts";

/** The protocol of RDS in the SDK, with a faster parser for the pages of DB instances and DB clusters. Everything else stays the SDK's. */
export class RdsProtocol extends AwsQueryProtocol {
  constructor(options: ConstructorParameters<typeof AwsQueryProtocol>[0]) {
    super(options);
    this.deserializer = new PageDeserializer(this.deserializer.settings);
  }
}

class PageDeserializer extends XmlShapeDeserializer {
  protected override parseXml(xml: string): unknown {
    return readPage(xml) ?? super.parseXml(xml);
  }
}
