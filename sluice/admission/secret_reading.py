"""Reads whether a secret exists for a task, and has the JSON keys that the task reads.

IAM: secretsmanager:DescribeSecret and secretsmanager:GetSecretValue on the secrets; without the second, their values
are reported as unread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from sluice.admission.secret_content import wrong
from sluice.admission.secret_reference import Reference
from sluice.admission.start_facts import Secret
from sluice.aws.answer import denied, message
from sluice.aws.found import Absent
from sluice.aws.session import expired

Answers = Mapping[str, Mapping[str, Any] | ClientError]
"""Answers of GetSecretValue, by the JSON key that is checked."""


def read(manager: Any, arn: str, opened: Sequence[Reference]) -> Secret | Absent:
    """Return the secret: from its values where *opened* references need them, if readable; else from its description.

    A readable value proves the rest: GetSecretValue fails for a secret that is scheduled for deletion
    (InvalidRequestException) or whose KMS key is not enabled (DecryptionFailure). Source: GetSecretValue in the Secrets
    Manager API reference.

    Args:
        manager: a client of Secrets Manager, in the secret's Region.
        opened: the references to this secret whose JSON keys are checked in its value.

    Raises:
        ClientError, BotoCoreError: AWS refused, or could not be reached.
    """
    answers = {one.key: _value(manager, one) for one in opened}
    contents = {
        key: wrong(key, answer.get("SecretString"))
        for key, answer in answers.items()
        if not isinstance(answer, ClientError) and answer.get("ARN") == arn
    }
    if contents and len(contents) == len(answers):
        return Secret(arn, contents=contents)
    return described(manager, arn, opened, answers)


def described(manager: Any, arn: str, opened: Sequence[Reference], answers: Answers | None = None) -> Secret | Absent:
    """Return the secret by its ARN, else by the name in it, which finds the ARN that the settings should have.

    Args:
        answers: those of GetSecretValue that were read already.
    """
    try:
        found = manager.describe_secret(SecretId=arn)
    except manager.exceptions.ResourceNotFoundException as error:
        try:
            found = manager.describe_secret(SecretId=arn.partition(":secret:")[2])
        except ClientError:
            return Absent(message(error))
        if not str(found["ARN"]).startswith(arn):
            return Absent(message(error))  # the found secret is of another account
    contents: dict[str, str] = {}
    closed = False
    if found["ARN"] == arn and not found.get("DeletedDate"):
        for one in opened:
            answer = (answers or {}).get(one.key) or _value(manager, one)
            if not isinstance(answer, ClientError):
                contents[one.key] = wrong(one.key, answer.get("SecretString"))
            elif denied(answer):
                closed = True
            else:
                contents[one.key] = f"its value cannot be read: {message(answer)}"
    key = str(found.get("KmsKeyId") or "")
    own = "" if key.endswith("alias/aws/secretsmanager") else key
    return Secret(str(found["ARN"]), bool(found.get("DeletedDate")), own, contents, closed)


def _value(manager: Any, wanted: Reference) -> Mapping[str, Any] | ClientError:
    stage = {"VersionStage": wanted.stage} if wanted.stage else {}
    version = {"VersionId": wanted.version} if wanted.version else {}
    try:
        answer: Mapping[str, Any] = manager.get_secret_value(SecretId=wanted.name, **(stage or version))
    except ClientError as error:
        if expired(error):
            raise
        return error
    return answer
