"""Roles, policies, and which role has which (botocore service ``iam``). They have no region."""

from __future__ import annotations

from emulator.plugins.aws.entry import Entry, Hooks, ResourceRequest
from emulator.plugins.aws.property import CLEAR, LOCAL, REPLACE, Members, Name, Operation, Property

_ROLE = {"RoleName": "$id"}


def _detach(request: ResourceRequest) -> None:
    """Take off what others hung on the role, where the program asks for that; else AWS refuses to delete it."""
    if not request.flat.get("forceDetachPolicies") or not request.observe():
        return
    for attached in request.ask("list_attached_role_policies", RoleName=request.id)["AttachedPolicies"]:
        request.ask("detach_role_policy", RoleName=request.id, PolicyArn=attached["PolicyArn"])
    for name in request.ask("list_role_policies", RoleName=request.id)["PolicyNames"]:
        request.ask("delete_role_policy", RoleName=request.id, PolicyName=name)


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
    outputs={"arn": "Arn", "createDate": lambda request, item: item["CreateDate"].isoformat(), "uniqueId": "RoleId"},
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

# -- managed policies

VERSIONS = 5
"""How many versions of a managed policy IAM keeps: the oldest must go before another can come."""


def _document(request: ResourceRequest, item: Members) -> None:
    """GetPolicy names the version in force and does not show it."""
    version = request.ask("get_policy_version", PolicyArn=request.id, VersionId=item["DefaultVersionId"])[
        "PolicyVersion"
    ]
    item["Document"] = version["Document"]


def _room(request: ResourceRequest, operation: Operation, params: Members) -> None:
    if operation.method != "create_policy_version":
        return
    versions = request.ask("list_policy_versions", PolicyArn=request.id)["Versions"]
    if len(versions) >= VERSIONS:
        oldest = min((one for one in versions if not one["IsDefaultVersion"]), key=lambda one: one["CreateDate"])
        request.ask("delete_policy_version", PolicyArn=request.id, VersionId=oldest["VersionId"])


def _old_versions(request: ResourceRequest) -> None:
    if not request.observe():
        return
    for one in request.ask("list_policy_versions", PolicyArn=request.id)["Versions"]:
        if not one["IsDefaultVersion"]:
            request.ask("delete_policy_version", PolicyArn=request.id, VersionId=one["VersionId"])


_MANAGED = {"PolicyArn": "$id"}
MANAGED_POLICY = Entry(
    "aws:iam/policy:Policy", "iam",
    create=Operation("create_policy"),
    read=Operation("get_policy", _MANAGED), item="Policy", id="Policy.Arn",
    update=Operation("create_policy_version", _MANAGED | {"SetAsDefault": True}),
    delete=Operation("delete_policy", _MANAGED, retry=("DeleteConflict",)),
    properties={
        "name": Property("PolicyName", replace=True),
        "namePrefix": Property(local=True, replace=True, seen=""),
        "path": REPLACE,
        "description": REPLACE,
        "policy": Property("PolicyDocument", seen="Document", json=True),
    },
    outputs={"arn": "Arn", "policyId": "PolicyId"},
    name=Name(limit=128),
    hooks=Hooks(prepare=_room, observe=_document, deleting=_old_versions),
    gone=("NoSuchEntity",),
    regional=False,
    deadline=60,
)  # fmt: skip


def _attached(request: ResourceRequest) -> Members | None:
    arn, role = request.flat["policyArn"], request.flat["role"]
    attached = request.ask("list_attached_role_policies", RoleName=role)["AttachedPolicies"]
    return {"RoleName": role, "PolicyArn": arn} if any(one["PolicyArn"] == arn for one in attached) else None


_ATTACHMENT = {"RoleName": "$role", "PolicyArn": "$policyArn"}
ATTACHMENT = Entry(
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "iam",
    create=Operation("attach_role_policy"),
    read=Operation("list_attached_role_policies", {"RoleName": "$role"}), item="@", id="$role:$policyArn",
    delete=Operation("detach_role_policy", _ATTACHMENT),
    properties={"role": Property("RoleName", replace=True), "policyArn": REPLACE},
    hooks=Hooks(find=_attached),
    gone=("NoSuchEntity",),
    taggable=False,
    regional=False,
)  # fmt: skip

ENTRIES = (ROLE, ROLE_POLICY, MANAGED_POLICY, ATTACHMENT)
