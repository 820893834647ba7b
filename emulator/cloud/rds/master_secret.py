"""An instance can keep its master password in Secrets Manager itself.

AWS, "Password management with Amazon RDS and AWS Secrets Manager" (RDS user guide): with ManageMasterUserPassword the
password is random, kept in a secret `rds!db-<uuid>` whose value is JSON with `username` and `password`; it excludes
MasterUserPassword; the instance names it as MasterUserSecret; the secret goes with the instance. It bears two tags of
AWS's own, which policies compare ("AmazonRDSServiceRolePolicy" in the AWS managed policy reference). MiniStack does
this for clusters only.
"""

from __future__ import annotations

import json
import secrets
import string
import uuid
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import rds, secretsmanager

from emulator.cloud.correction import Correction
from emulator.cloud.replace import replace, replace_operation
from emulator.cloud.settings import Settings

_LENGTH = 28
_ALPHABET = string.ascii_letters + string.digits + "!#$%&()*+,-.:;<=>?[]^_{|}~"


def install(settings: Settings) -> None:
    """Replace the creation, change, deletion and description of instances."""
    create, modify = rds._ACTION_MAP["CreateDBInstance"], rds._ACTION_MAP["ModifyDBInstance"]
    delete, describe = rds._ACTION_MAP["DeleteDBInstance"], rds._instance_xml

    def create_instance(params: dict[str, Any]) -> Any:
        if rds._p(params, "ManageMasterUserPassword") != "true":
            return create(params)
        if rds._p(params, "MasterUserPassword"):
            return _both()
        made = {**params, "MasterUserPassword": [password()]}
        answer = create(made)
        if answer[0] != 200:
            return answer
        instance = rds._instances[rds._p(params, "DBInstanceIdentifier")]
        _keep(instance, rds._p(made, "MasterUserPassword"), rds._p(params, "MasterUserSecretKmsKeyId"))
        return rds._single_instance_response("CreateDBInstanceResponse", "CreateDBInstanceResult", instance)

    def modify_instance(params: dict[str, Any]) -> Any:
        instance = rds._resolve_instance(rds._p(params, "DBInstanceIdentifier"))
        managed = rds._p(params, "ManageMasterUserPassword")
        if instance is None or (managed != "true" and not instance.get("MasterUserSecret")):
            return modify(params)
        if rds._p(params, "MasterUserPassword") and managed != "false":
            return _both()
        if managed == "false":
            answer = modify(params)
            if answer[0] == 200:
                _forget(instance)
            return answer
        if managed == "true" and not instance.get("MasterUserSecret"):
            made = {**params, "MasterUserPassword": [password()]}
            answer = modify(made)
            if answer[0] == 200:
                _keep(instance, rds._p(made, "MasterUserPassword"), rds._p(params, "MasterUserSecretKmsKeyId"))
            return answer
        return modify(params)

    def delete_instance(params: dict[str, Any]) -> Any:
        instance = rds._resolve_instance(rds._p(params, "DBInstanceIdentifier"))
        answer = delete(params)
        if answer[0] == 200 and instance is not None:
            _forget(instance)
        return answer

    def instance_xml(instance: dict[str, Any]) -> str:
        return str(describe(instance)) + _xml(instance.get("MasterUserSecret"))

    replace_operation(rds, "CreateDBInstance", create_instance)
    replace_operation(rds, "ModifyDBInstance", modify_instance)
    replace_operation(rds, "DeleteDBInstance", delete_instance)
    replace(rds, "_instance_xml", instance_xml)


CORRECTION = Correction(
    rule="An instance can keep its master password in Secrets Manager.",
    fault="ManageMasterUserPassword of an instance is ignored: it has no secret.",
    ministack="1.5.33",
    install=install,
)


def password() -> str:
    """A random master password: none of the characters that RDS refuses (`/`, `@`, `"`, space, quote)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def _keep(instance: dict[str, Any], secret: str, key: str) -> None:
    arn = secretsmanager.create_secret_in_process(
        f"rds!db-{uuid.uuid4()}",
        json.dumps({"username": instance["MasterUsername"], "password": secret}),
        description=f"The secret associated with the primary RDS DB instance: {instance['DBInstanceArn']}",
    )
    _, kept = secretsmanager._resolve(arn)
    kept["Tags"] = [
        {"Key": "aws:secretsmanager:owningService", "Value": "rds"},
        {"Key": "aws:rds:primaryDBInstanceArn", "Value": instance["DBInstanceArn"]},
    ]
    instance["MasterUserSecret"] = {
        "SecretArn": arn,
        "SecretStatus": "active",
        "KmsKeyId": key or f"arn:aws:kms:{get_region()}:{get_account_id()}:key/aws-secretsmanager-default",
    }


def _forget(instance: dict[str, Any]) -> None:
    secret = instance.pop("MasterUserSecret", None)
    if secret:
        secretsmanager.delete_secret_in_process(secret["SecretArn"])


def _both() -> Any:
    return rds._error(
        "InvalidParameterCombination",
        "You can't specify MasterUserPassword when ManageMasterUserPassword is enabled.",
        400,
    )


def _xml(secret: dict[str, str] | None) -> str:
    if not secret:
        return ""
    members = "".join(f"<{name}>{secret[name]}</{name}>" for name in ("SecretArn", "SecretStatus", "KmsKeyId"))
    return f"<MasterUserSecret>{members}</MasterUserSecret>"
