import { App, NestedStack, Stack, Stage } from "aws-cdk-lib";
import { InstanceType, type IVpc, Vpc } from "aws-cdk-lib/aws-ec2";
import {
  AuroraPostgresEngineVersion,
  CfnDBInstance,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
  DatabaseInstance,
  DatabaseInstanceEngine,
  PostgresEngineVersion,
} from "aws-cdk-lib/aws-rds";

/** Synthesizes a CDK application with databases of each kind into the folder that is the argument. Run as a program of its own. */
const [, , outdir = ""] = process.argv;
const app = new App({ outdir, analyticsReporting: false, context: { "aws:cdk:enable-path-metadata": true } });
const env = { account: "123456789012", region: "eu-west-1" };

const data = new Stack(app, "Data", { env });
const vpc = new Vpc(data, "Vpc") as IVpc;
const engine = DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_16 });
new DatabaseInstance(data, "WithSecret", {
  engine,
  vpc,
  credentials: Credentials.fromGeneratedSecret("administrator"),
});
new DatabaseCluster(data, "Aurora", {
  engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_16_4 }),
  vpc,
  writer: ClusterInstance.provisioned("Writer", { instanceType: new InstanceType("t4g.medium") }),
});
new CfnDBInstance(data, "Managed", {
  engine: "postgres",
  dbInstanceClass: "db.t4g.micro",
  manageMasterUserPassword: true,
});

const nested = new NestedStack(data, "Nested");
new CfnDBInstance(nested, "InNested", { engine: "mysql", dbInstanceClass: "db.t4g.micro" });

const stage = new Stage(app, "Prod", { env: { account: "222222222222", region: "us-east-1" } });
new CfnDBInstance(new Stack(stage, "Data"), "InStage", { engine: "mysql", dbInstanceClass: "db.t4g.micro" });

app.synth();
