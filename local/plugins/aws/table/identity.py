"""Roles and their policies (botocore service ``iam``). They have no region."""

from __future__ import annotations

from local.plugins.aws.entry import CLEAR, LOCAL, Entry, Hooks, Name, Operation, Property
from local.plugins.aws.work import Work

_ROLE = {"RoleName": "$id"}


def _detach(work: Work) -> None:
    """Takes off what others hung on the role, where the program asks for that; else AWS refuses to delete it."""
    if not work.flat.get("forceDetachPolicies") or not work.observe():
        return
    for attached in work.ask("list_attached_role_policies", RoleName=work.id)["AttachedPolicies"]:
        work.ask("detach_role_policy", RoleName=work.id, PolicyArn=attached["PolicyArn"])
    for name in work.ask("list_role_policies", RoleName=work.id)["PolicyNames"]:
        work.ask("delete_role_policy", RoleName=work.id, PolicyName=name)


ROLE = Entry(
    "aws:iam/role:Role", "iam",
    create=Operation("create_role"),
    read=Operation("get_role", _ROLE), item="Role", id="Role.RoleName",
    update=Operation("update_role", _ROLE),
    delete=Operation("delete_role", _ROLE, retry=("DeleteConflict",)),
    operations={
        "trust": Operation("update_assume_role_policy", _ROLE),
        "boundary": Operation(
            "put_role_permissions_boundary", _ROLE, clear=Operation("delete_role_permissions_boundary", _ROLE)
        ),
    },
    properties={
        "name": Property("RoleName", replace=True),
        "namePrefix": Property(local=True, replace=True, seen=""),
        "path": Property(replace=True),
        "assumeRolePolicy": Property("AssumeRolePolicyDocument", changed="PolicyDocument", update="trust", json=True),
        "description": Property(unset=""),
        "maxSessionDuration": Property(unset=3600),
        "permissionsBoundary": Property(
            update="boundary", unset=CLEAR, seen="PermissionsBoundary.PermissionsBoundaryArn"
        ),
        "forceDetachPolicies": LOCAL,
    },
    outputs={"arn": "Arn", "createDate": lambda work, item: item["CreateDate"].isoformat(), "uniqueId": "RoleId"},
    name=Name(limit=64),
    hooks=Hooks(deleting=_detach),
    gone=("NoSuchEntity",),
    regional=False,
    deadline=60,
)  # fmt: skip

_POLICY = {"RoleName": "$role", "PolicyName": "$name"}
ROLE_POLICY = Entry(
    "aws:iam/rolePolicy:RolePolicy", "iam",
    create=Operation("put_role_policy"),
    read=Operation("get_role_policy", _POLICY), item="@", id="$role:$name",
    update=Operation("put_role_policy", _POLICY),
    delete=Operation("delete_role_policy", _POLICY),
    properties={
        "role": Property("RoleName", replace=True),
        "name": Property("PolicyName", replace=True),
        "namePrefix": Property(local=True, replace=True, seen=""),
        "policy": Property("PolicyDocument", json=True),
    },
    name=Name(limit=128),
    gone=("NoSuchEntity",),
    taggable=False,
    regional=False,
)  # fmt: skip

ENTRIES = (ROLE, ROLE_POLICY)
