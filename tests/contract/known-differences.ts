/** What is not compared, because one of the two emulators is known to differ from AWS there. */
export type KnownDifference = {
  /** Which emulator answers as AWS does; `neither` where both answer with values of their own. */
  readonly asAws: "simulator" | "moto" | "neither";
  /** Name of the one scenario; all where absent. */
  readonly scenario?: string;
  /** Name of the one step; all where absent. */
  readonly step?: string;
  /** Ends of paths, as in `DBInstance.KmsKeyId`; a whole answer where absent. */
  readonly fields?: readonly string[];
  readonly reason: string;
};

/** A scenario that moto cannot play, because it refuses what AWS accepts or accepts what AWS refuses. */
export type NotInMoto = { readonly scenario: string; readonly reason: string };

const settings =
  "settings that nothing here reads: each emulator has defaults, identifiers or omissions of its own, and the simulator models databases only as far as their master passwords go";

/** Every difference that is not held against either emulator. One that is not met any more fails the contract, so that it goes. */
export const knownDifferences: readonly KnownDifference[] = [
  {
    asAws: "neither",
    fields: [
      "AllocatedStorage",
      "AutoMinorVersionUpgrade",
      "AvailabilityZones",
      "BacktrackWindow",
      "BackupRetentionPeriod",
      "CACertificateIdentifier",
      "CopyTagsToSnapshot",
      "CrossAccountClone",
      "DBCluster.DBClusterParameterGroup",
      "DBCluster.DBSubnetGroup",
      "DBCluster.Endpoint",
      "DBCluster.GlobalWriteForwardingRequested",
      "DBCluster.HostedZoneId",
      "DBCluster.KmsKeyId",
      "DBCluster.NetworkType",
      "DBCluster.ReaderEndpoint",
      "DBClusterMembers.DBClusterParameterGroupStatus",
      "DBClusterMembers.PromotionTier",
      "DBInstance.DBParameterGroups.DBParameterGroupName",
      "DBInstance.DBParameterGroups.ParameterApplyStatus",
      "DBInstance.DbInstancePort",
      "DBInstance.KmsKeyId",
      "DBInstance.LicenseModel",
      "DBInstance.OptionGroupMemberships.OptionGroupName",
      "DBInstance.OptionGroupMemberships.Status",
      "DBInstance.PromotionTier",
      "DBInstance.VpcSecurityGroups.Status",
      "DBInstance.VpcSecurityGroups.VpcSecurityGroupId",
      "EarliestRestorableTime",
      "Endpoint.Address",
      "EngineVersion",
      "LatestRestorableTime",
      "PreferredBackupWindow",
      "PreferredMaintenanceWindow",
      "PubliclyAccessible",
      "StorageEncrypted",
      "StorageType",
    ],
    reason: settings,
  },
  {
    asAws: "simulator",
    fields: ["DBCluster.MultiAZ"],
    reason: "in AWS it depends on the cluster's kind and on its members; moto always says no",
  },
  {
    asAws: "simulator",
    fields: ["DBInstance.DBInstanceStatus"],
    reason: "in moto everything is available at once; AWS says `creating` first",
    step: "create",
  },
  {
    asAws: "simulator",
    scenario: "create: an Aurora cluster, managed, with two members",
    fields: ["DBInstance.DBInstanceStatus"],
    reason: "in moto everything is available at once; AWS says `creating` first",
  },
  {
    asAws: "simulator",
    fields: ["DBInstance.DbiResourceId", "DBCluster.DbClusterResourceId"],
    reason: "moto gives every instance one and the same resource id, and each cluster one of a shape of its own",
  },
  {
    asAws: "simulator",
    scenario: "describe: with filters",
    step: "dbi-resource-id",
    reason: "for the same reason this filter finds every instance in moto",
  },
  {
    asAws: "simulator",
    step: "turn on",
    fields: ["MasterUserSecret.SecretStatus", "PendingModifiedValues.MasterUserPassword"],
    reason:
      "turned on for a database that exists, AWS says `rotating` and shows the password as pending; moto says `creating`, and nothing is ever pending",
  },
  {
    asAws: "simulator",
    step: "turn off",
    fields: [
      "MasterUserSecret.KmsKeyId",
      "MasterUserSecret.SecretArn",
      "MasterUserSecret.SecretStatus",
      "PendingModifiedValues.MasterUserPassword",
    ],
    reason: "AWS goes on showing the secret until the new password is set; in moto it is gone at once",
  },
  {
    asAws: "simulator",
    fields: ["RotationEnabled", "RotationRules.AutomaticallyAfterDays", "NextRotationDate", "LastRotatedDate"],
    reason: "AWS rotates a managed secret every seven days; moto's has no rotation",
  },
  {
    asAws: "simulator",
    scenario: "create: an instance that exists",
    step: "create the cluster",
    reason: "moto calls it DBClusterSnapshotAlreadyExistsFault, AWS DBClusterAlreadyExistsFault",
  },
  {
    asAws: "simulator",
    scenario: "modify: what does not exist",
    step: "a cluster",
    reason: "moto fails with 500 where AWS says DBClusterNotFoundFault",
  },
  {
    asAws: "simulator",
    scenario: "describe: 21 clusters in pages of 20",
    reason: "moto's DescribeDBClusters has no pages",
  },
  {
    asAws: "simulator",
    fields: ["status of ResourceNotFoundException"],
    reason: "Secrets Manager answers 400, as all its client errors; moto answers 404",
  },
  {
    asAws: "simulator",
    fields: ["KeyMetadata.KeyUsage", "KeyMetadata.MultiRegion"],
    reason: "moto leaves out what CreateKey was not given; AWS fills in its defaults",
  },
  {
    asAws: "simulator",
    scenario: "key: pending deletion, and saved",
    fields: ["schedule.KeyId", "schedule.KeyState", "schedule.PendingWindowInDays", "cancel.KeyId"],
    reason: "moto answers with the key id and the date alone; AWS with the key's ARN, its state and the window",
  },
  {
    asAws: "simulator",
    scenario: "key: the default key of Secrets Manager",
    fields: ["KeyMetadata.KeyManager", "KeyMetadata.Description"],
    reason: "moto says of the default key that it is the customer's",
  },
  {
    asAws: "simulator",
    scenario: "modify: on, where it is on: the secret stays",
    reason: "moto makes a new secret each time",
  },
  {
    asAws: "simulator",
    scenario: "modify: rotate what is not managed",
    reason: "moto fails with 500 where AWS refuses",
  },
  {
    asAws: "neither",
    scenario: "caller: who it is",
    fields: ["identity.Arn", "identity.UserId"],
    reason: "each emulator has a caller of its own: a user in moto, a role's session in the simulator",
  },
];

/** Scenarios that are played by the simulator alone. */
export const notInMoto: readonly NotInMoto[] = [
  { scenario: "create: neither a password nor management", reason: "moto does not ask for a password" },
  { scenario: "create: both a password and management", reason: "moto does not mind both" },
  {
    scenario: "create: a key that does not exist",
    reason: "moto looks the key of a secret up only when it is described",
  },
  { scenario: "create: a password that is too short", reason: "moto does not look at passwords of instances" },
  {
    scenario: "create: a password with a character that RDS forbids",
    reason: "moto does not look at passwords of instances",
  },
  { scenario: "create: a key that is disabled", reason: "moto does not ask whether the key can be used" },
  { scenario: "modify: off, without a password", reason: "moto does not ask for a password" },
  {
    scenario: "modify: a cluster that refuses is still there",
    reason: "moto deletes a cluster whose modification it refuses",
  },
  {
    scenario: "read replica: of a managed instance",
    reason: "moto makes it; AWS refuses for all engines but SQL Server",
  },
  {
    scenario: "describe: blue/green deployments in pages",
    reason: "moto's DescribeBlueGreenDeployments fails with 500 where MaxRecords is given",
  },
  { scenario: "describe: a page that is too small", reason: "moto takes any MaxRecords" },
  {
    scenario: "describe: global clusters and blue/green deployments that do not exist",
    reason: "moto answers with an empty list",
  },
];
