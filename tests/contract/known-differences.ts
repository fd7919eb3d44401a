/** Part of the responses that is not compared, because an emulator is known to differ from AWS. */
export type KnownDifference = {
  /** The emulator that matches AWS; `neither` if both return their own values. */
  readonly asAws: "simulator" | "moto" | "neither";
  /** The scenario's name; all scenarios if absent. */
  readonly scenario?: string;
  /** The step's name; all steps if absent. */
  readonly step?: string;
  /** Path suffixes such as `DBInstance.KmsKeyId`; the whole response if absent. */
  readonly fields?: readonly string[];
  readonly reason: string;
};

/** A scenario that moto cannot run, because it rejects what AWS accepts or accepts what AWS rejects. */
export type NotInMoto = { readonly scenario: string; readonly reason: string };

const settings =
  "settings that the project does not read: each emulator has its own defaults, identifiers, and omissions, and the simulator models only what concerns master passwords";

/** The accepted differences. One that no longer occurs fails the contract, so that it is removed. */
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
    reason: "in AWS it depends on the cluster's kind and members; in moto it is always false",
  },
  {
    asAws: "simulator",
    fields: ["DBInstance.DBInstanceStatus"],
    reason: "in moto everything is available at once; in AWS the status is `creating` first",
    step: "create",
  },
  {
    asAws: "simulator",
    scenario: "create: an Aurora cluster, managed, with two members",
    fields: ["DBInstance.DBInstanceStatus"],
    reason: "in moto everything is available at once; in AWS the status is `creating` first",
  },
  {
    asAws: "simulator",
    fields: ["DBInstance.DbiResourceId", "DBCluster.DbClusterResourceId"],
    reason: "moto gives all instances the same resource id, and clusters ids in another format",
  },
  {
    asAws: "simulator",
    scenario: "describe: with filters",
    step: "dbi-resource-id",
    reason: "all instances have the same resource id in moto, so this filter matches all",
  },
  {
    asAws: "simulator",
    step: "turn on",
    fields: ["MasterUserSecret.SecretStatus", "PendingModifiedValues.MasterUserPassword"],
    reason:
      "for an existing database AWS reports `rotating` and a pending password; moto reports `creating` and nothing pending",
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
    reason: "AWS reports the secret until the new password is set; moto removes it at once",
  },
  {
    asAws: "simulator",
    fields: ["RotationEnabled", "RotationRules.AutomaticallyAfterDays", "NextRotationDate", "LastRotatedDate"],
    reason: "AWS rotates a managed secret every seven days; moto does not rotate it",
  },
  {
    asAws: "simulator",
    scenario: "create: an instance that exists",
    step: "create the cluster",
    reason: "moto returns DBClusterSnapshotAlreadyExistsFault, AWS DBClusterAlreadyExistsFault",
  },
  {
    asAws: "simulator",
    scenario: "modify: what does not exist",
    step: "a cluster",
    reason: "moto fails with 500; AWS returns DBClusterNotFoundFault",
  },
  {
    asAws: "simulator",
    scenario: "describe: 21 clusters in pages of 20",
    reason: "moto's DescribeDBClusters does not paginate",
  },
  {
    asAws: "simulator",
    fields: ["status of ResourceNotFoundException"],
    reason: "Secrets Manager returns 400 for all client errors; moto returns 404",
  },
  {
    asAws: "simulator",
    fields: ["KeyMetadata.KeyUsage", "KeyMetadata.MultiRegion"],
    reason: "moto omits what CreateKey did not specify; AWS returns its defaults",
  },
  {
    asAws: "simulator",
    scenario: "key: deletion scheduled and canceled",
    fields: ["schedule.KeyId", "schedule.KeyState", "schedule.PendingWindowInDays", "cancel.KeyId"],
    reason: "moto returns only the key id and the date; AWS returns the key's ARN, its state, and the window",
  },
  {
    asAws: "simulator",
    scenario: "key: the default key of Secrets Manager",
    fields: ["KeyMetadata.KeyManager", "KeyMetadata.Description"],
    reason: "moto reports the default key as customer managed",
  },
  {
    asAws: "simulator",
    scenario: "modify: on while it is on: the secret stays",
    reason: "moto creates a new secret each time",
  },
  {
    asAws: "simulator",
    scenario: "modify: rotate an unmanaged instance",
    reason: "moto fails with 500; AWS returns a client error",
  },
  {
    asAws: "neither",
    scenario: "caller: identity",
    fields: ["identity.Arn", "identity.UserId"],
    reason: "each emulator has its own caller: a user in moto, a role session in the simulator",
  },
];

/** Scenarios that only the simulator runs. */
export const notInMoto: readonly NotInMoto[] = [
  { scenario: "create: neither a password nor management", reason: "moto does not require a password" },
  { scenario: "create: both a password and management", reason: "moto accepts both" },
  {
    scenario: "create: a key that does not exist",
    reason: "moto looks up a secret's key only when it is described",
  },
  { scenario: "create: a password that is too short", reason: "moto does not validate the passwords of instances" },
  {
    scenario: "create: a password with a forbidden character",
    reason: "moto does not validate the passwords of instances",
  },
  { scenario: "create: a key that is disabled", reason: "moto does not check whether the key can be used" },
  { scenario: "modify: off, without a password", reason: "moto does not require a password" },
  {
    scenario: "modify: a cluster still exists after a rejected modification",
    reason: "moto deletes a cluster if it rejects its modification",
  },
  {
    scenario: "read replica: of a managed instance",
    reason: "moto accepts it; AWS rejects it for all engines except SQL Server",
  },
  {
    scenario: "describe: blue/green deployments in pages",
    reason: "moto's DescribeBlueGreenDeployments fails with 500 if MaxRecords is given",
  },
  { scenario: "describe: a page that is too small", reason: "moto accepts any MaxRecords" },
  {
    scenario: "describe: global clusters and blue/green deployments that do not exist",
    reason: "moto returns an empty list",
  },
];
