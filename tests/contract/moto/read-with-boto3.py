"""Reads an account with boto3's paginators, as most scripts of the field do, and prints what it saw as JSON."""

import json

import boto3

rds, secrets, kms = (boto3.client(name) for name in ("rds", "secretsmanager", "kms"))


def pages(client, operation, field, size, **arguments):
    paginator = client.get_paginator(operation)
    return [page[field] for page in paginator.paginate(PaginationConfig={"PageSize": size}, **arguments)]


def error_of(call, **arguments):
    try:
        call(**arguments)
    except Exception as error:
        return [type(error).__name__, error.response["Error"]["Code"]]
    return None


instances = pages(rds, "describe_db_instances", "DBInstances", 20)
owned = pages(secrets, "list_secrets", "SecretList", 20, Filters=[{"Key": "owning-service", "Values": ["rds"]}])
managed = {one["DBInstanceIdentifier"]: one["MasterUserSecret"] for page in instances for one in page if "MasterUserSecret" in one}
by_arn = {secret["ARN"]: secret for page in owned for secret in page}

print(
    json.dumps(
        {
            "account": boto3.client("sts").get_caller_identity()["Account"],
            "instancePages": [len(page) for page in instances],
            "secretPages": [len(page) for page in owned],
            "managed": sorted(managed),
            "statuses": sorted({secret["SecretStatus"] for secret in managed.values()}),
            "owners": {
                name: [tag["Value"] for tag in by_arn[secret["SecretArn"]]["Tags"] if tag["Key"].startswith("aws:rds:")]
                for name, secret in managed.items()
            },
            "keyStates": sorted(
                {kms.describe_key(KeyId=secret["KmsKeyId"])["KeyMetadata"]["KeyState"] for secret in managed.values()}
            ),
            "errors": [
                error_of(rds.describe_db_instances, DBInstanceIdentifier="nothing"),
                error_of(rds.describe_db_clusters, DBClusterIdentifier="nothing"),
                error_of(secrets.describe_secret, SecretId="nothing"),
                error_of(kms.describe_key, KeyId="alias/nothing"),
            ],
        }
    )
)
