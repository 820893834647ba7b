"""Decides whether tasks get their secrets: they exist, have the keys, and may be read. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from sluice.admission.remarks import listed, remedy
from sluice.admission.secret_reference import MANAGED, READING, Reference, reference, wrong_form
from sluice.admission.start_facts import KmsKey, StartFacts
from sluice.admission.start_requirements import Requirements
from sluice.aws.found import Absent, Present, Unread
from sluice.finding import Finding, passed, refused, unread, warning


def secrets(wanted: Requirements, facts: StartFacts) -> Iterator[Finding]:
    """Yield the findings for every required secret and parameter."""
    for text, users in wanted.secrets.items():
        one = reference(text)
        subject = f"{one.short}" + (f", key {one.key}" if one.key else "")
        lost = f"{listed(users)} cannot start (ResourceInitializationError)"
        if complaint := wrong_form(text):
            yield refused(f"secret {text}", complaint, lost, "write the secret's full ARN, or ARN:KEY::")
        elif one.kind == "parameter":
            yield _parameter(subject, lost, facts.parameters.get(one.name))
        else:
            yield _secret(subject, lost, one, facts)


def _parameter(subject: str, lost: str, found: Present | Absent | Unread | None) -> Finding:
    if isinstance(found, Present):
        return passed(subject)
    if isinstance(found, Absent):
        return refused(subject, "does not exist", lost, "create it, or correct its name")
    return unread(subject, found.reason if found else "it was not read", remedy(found))


def _secret(subject: str, lost: str, one: Reference, facts: StartFacts) -> Finding:
    found = facts.secrets.get(one.name)
    if found is None and f":secret:{MANAGED}" in one.name:
        return passed(subject, "managed by RDS as long as the instance exists")
    if found is None or isinstance(found, Unread):
        return unread(subject, found.reason if found else "it was not read", remedy(found))
    if isinstance(found, Absent):
        return refused(
            subject,
            "does not exist",
            lost,
            "create it, or correct its ARN (`aws secretsmanager list-secrets` shows it)",
        )
    if found.arn != one.name:
        return refused(
            subject,
            f"is not the full ARN of a secret: {found.arn} is",
            f"{lost}: permissions name the full ARN, with the six random characters at its end",
            f"write {found.arn}" + (f":{one.key}:{one.stage}:{one.version}" if one.key else ""),
        )
    if found.deleted:
        return refused(
            subject,
            "is scheduled for deletion",
            lost,
            f"restore it (`aws secretsmanager restore-secret --secret-id {one.name}`), or name another",
        )
    key = facts.keys.get(found.key)
    if isinstance(key, Absent) or (isinstance(key, KmsKey) and key.state != "Enabled"):
        state = f"is {key.state}" if isinstance(key, KmsKey) else "does not exist"
        return refused(
            subject,
            f"is encrypted by the KMS key {found.key}, which {state}",
            lost,
            "enable the key (`aws kms enable-key`)",
        )
    if wrong := found.contents.get(one.key):
        return refused(subject, wrong, lost, "correct the secret's value, or the key in the reference")
    if isinstance(key, Unread):
        return unread(f"{subject}, its KMS key {found.key}", key.reason, remedy(key))
    unseen = ""
    if one.key and one.key not in found.contents:
        why = "these credentials may not read its value" if found.closed else "values are not read here"
        unseen = f"its key {one.key!r} was not checked, because {why}"
    return passed(subject, unseen)


def reading(wanted: Requirements, facts: StartFacts) -> Iterator[Finding]:
    """Yield the findings of whether the execution roles may read their secrets.

    Only an explicit denial is final: IAM's simulator ignores the policies of secrets and keys ("Testing IAM policies
    with the IAM policy simulator" in the IAM user guide).
    """
    for role, references in wanted.execution_roles.items():
        subject = f"execution role {role.rpartition('/')[2]}"
        answers = {one: facts.reading.get((role, one.name)) for one in references}
        for decision, one in {answer: one for one, answer in answers.items() if isinstance(answer, str)}.items():
            if decision == "explicitDeny":
                yield refused(
                    subject,
                    f"is explicitly denied to read the {one.short}",
                    "no task with that secret can start",
                    "remove that Deny from its policies or its permissions boundary",
                )
            elif decision == "implicitDeny":
                yield warning(
                    subject,
                    f"has no policy that lets it read the {one.short}, according to IAM's simulator",
                    "unless the secret's own policy allows it, no task can start",
                    f"allow it {READING[one.kind]} on it",
                )
        blind = next((answer for answer in answers.values() if isinstance(answer, Unread)), None)
        if blind:
            yield unread(f"{subject}, whether it may read its secrets", blind.reason, remedy(blind))
        elif references and all(answer == "allowed" for answer in answers.values()):
            yield passed(f"{subject} may read its secrets")
