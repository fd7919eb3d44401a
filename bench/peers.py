"""Reads the fleet at AWS_ENDPOINT_URL with boto3 or with Cloud Custodian, and writes what that used to file descriptor 3."""

import json
import os
import resource
import subprocess
import sys
import tempfile

REGION = "eu-west-1"


def read_with_boto3():
    import boto3

    rds = boto3.client("rds", region_name=REGION)
    secrets = boto3.client("secretsmanager", region_name=REGION)
    databases = 0
    for page in rds.get_paginator("describe_db_instances").paginate():
        databases += len(page["DBInstances"])
    for _ in rds.get_paginator("describe_db_clusters").paginate():
        pass
    filters = [{"Key": "owning-service", "Values": ["rds"]}]
    for _ in secrets.get_paginator("list_secrets").paginate(Filters=filters, PaginationConfig={"PageSize": 100}):
        pass
    return databases


def read_with_custodian():
    policy = {"policies": [{"name": "unmanaged", "resource": "aws.rds", "filters": [{"MasterUserSecret": "absent"}]}]}
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "policy.json")
        with open(file, "w", encoding="utf-8") as stream:
            json.dump(policy, stream)
        command = ["custodian", "run", "--region", REGION, "--cache-period", "0", "--output-dir", folder, file]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(folder, "unmanaged", "metadata.json"), encoding="utf-8") as stream:
            json.load(stream)
    return None


databases = {"boto3": read_with_boto3, "custodian": read_with_custodian}[sys.argv[1]]()
print(json.dumps({"databases": databases}))
usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
os.write(
    3,
    json.dumps(
        {
            "cpuSeconds": sum(usage.ru_utime + usage.ru_stime for usage in usages),
            "peakMebibytes": max(usage.ru_maxrss for usage in usages) / 1024,
        }
    ).encode(),
)
