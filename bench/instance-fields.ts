/**
 * The fields that RDS sends of every DB instance and that the simulator, which no reader of them needs, leaves out: with them, a page has the size of
 * AWS's, about 500 kB. Source: the example of https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html
 */
export function instanceFields(index: number, region: string, account: string): Record<string, unknown> {
  const keyArn = `arn:aws:kms:${region}:${account}:key/1c3a4a5b-7d0e-4b7b-9a51-2f6d8c0e4a11`;
  const identifier = `database-${index}`;
  const zones = ["a", "b", "c"].map((letter) => `${region}${letter}`);
  return {
    ActivityStreamStatus: "stopped",
    AllocatedStorage: 200,
    AssociatedRoles: [],
    AutoMinorVersionUpgrade: true,
    AvailabilityZone: zones[0],
    BackupRetentionPeriod: 7,
    BackupTarget: "region",
    CACertificateIdentifier: "rds-ca-rsa2048-g1",
    CertificateDetails: { CAIdentifier: "rds-ca-rsa2048-g1", ValidTill: new Date("2027-06-20T10:15:43Z") },
    CopyTagsToSnapshot: true,
    CustomerOwnedIpEnabled: false,
    DBInstanceClass: "db.r6g.large",
    DBName: "application",
    DBParameterGroups: [{ DBParameterGroupName: "default.application", ParameterApplyStatus: "in-sync" }],
    DBSecurityGroups: [],
    DBSubnetGroup: {
      DBSubnetGroupName: "default-vpc-0a1b2c3d4e5f67890",
      DBSubnetGroupDescription: "Created from the RDS Management Console",
      VpcId: "vpc-0a1b2c3d4e5f67890",
      SubnetGroupStatus: "Complete",
      SupportedNetworkTypes: ["IPV4"],
      Subnets: zones.map((zone, index) => ({
        SubnetIdentifier: `subnet-0a1b2c3d4e5f6789${index}`,
        SubnetAvailabilityZone: { Name: zone },
        SubnetOutpost: {},
        SubnetStatus: "Active",
      })),
    },
    DatabaseInsightsMode: "standard",
    DbInstancePort: 0,
    DedicatedLogVolume: false,
    DeletionProtection: true,
    DomainMemberships: [],
    EnabledCloudwatchLogsExports: ["postgresql", "upgrade"],
    Endpoint: {
      Address: `${identifier}.c9akciq32rgz.${region}.rds.amazonaws.com`,
      Port: 5432,
      HostedZoneId: "Z29XKXDKYMONMX",
    },
    EngineLifecycleSupport: "open-source-rds-extended-support-disabled",
    EnhancedMonitoringResourceArn: `arn:aws:logs:${region}:${account}:log-group:RDSOSMetrics:log-stream:db-ABCDEFGHIJKLMNOPQRSTUVWXYZ`,
    Iops: 3000,
    LatestRestorableTime: new Date("2026-11-24T11:55:00Z"),
    LicenseModel: "postgresql-license",
    MasterUsername: "application_admin",
    MaxAllocatedStorage: 1000,
    MonitoringInterval: 60,
    MonitoringRoleArn: `arn:aws:iam::${account}:role/rds-monitoring-role`,
    MultiAZ: true,
    NetworkType: "IPV4",
    OptionGroupMemberships: [{ OptionGroupName: "default:application", Status: "in-sync" }],
    PerformanceInsightsEnabled: true,
    PerformanceInsightsKMSKeyId: keyArn,
    PerformanceInsightsRetentionPeriod: 7,
    PreferredBackupWindow: "03:21-03:51",
    PubliclyAccessible: false,
    SecondaryAvailabilityZone: zones[1],
    StatusInfos: [],
    StorageThroughput: 125,
    StorageType: "gp3",
    TagList: [
      { Key: "application", Value: `application-${Math.floor(index / 10)}` },
      { Key: "aws:cloudformation:logical-id", Value: "Database" },
      { Key: "aws:cloudformation:stack-name", Value: `${identifier}-stack` },
      { Key: "cost-center", Value: `${4000 + (index % 40)}` },
      { Key: "owner", Value: `team-${index % 50}@example.com` },
      { Key: "stage", Value: ["production", "staging", "test"][index % 3] },
    ],
    VpcSecurityGroups: ["sg-0123456789abcdef0", "sg-0fedcba9876543210"].map((VpcSecurityGroupId) => ({
      VpcSecurityGroupId,
      Status: "active",
    })),
  };
}
