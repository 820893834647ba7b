"""Bad stacks that a careless reading would let through: each names the rule that must refuse it, and why."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from policy.readiness.stack import StackResource, token
from tests.unit.policy.production import ARN, AUDIENCE, DIGEST, GITHUB, allow, container, policy, trust

INGRESS = "aws:vpc:SecurityGroupIngressRule"
ACCOUNT = "111122223333"
GITHUB_HOST = "token.actions.githubusercontent.com"


@dataclass(frozen=True)
class Way:
    """One bad stack.

    rule: that refuses it.
    about: URN of the resource; empty for the stack as a whole.
    says: a part of the reason.
    change: arguments of `production.stack`.
    """

    name: str
    rule: str
    about: str
    says: str
    change: dict[str, Any]


def more(kind: str, needs: dict[str, list[str]] | None = None, urn: str = "extra", **props: Any) -> dict[str, Any]:
    """One more resource, its type as Pulumi writes it."""
    return {"more": [StackResource(token(kind), "extra", urn, props, needs or {})]}


def changed(**resources: Any) -> dict[str, Any]:
    """Other properties of resources; `_` stands for `-` in their names."""
    return {"changed": {name.replace("_", "-"): props for name, props in resources.items()}}


def granted(*statements: dict[str, Any], name: str = "extra") -> dict[str, Any]:
    """One more policy of a role."""
    return {"more": [StackResource("aws:iam:RolePolicy", name, "extra", {"policy": policy(*statements)})]}


def limited(operator: str, key: str, value: Any) -> dict[str, Any]:
    """A condition, as a keyword of `allow`."""
    return {"Condition": {operator: {key: value}}}


def tags(environment: str) -> str:
    return json.dumps({"tags": {"Project": "shop", "Stack": "a", "Environment": environment}})


def taken(operator: str, sub: str, audience: str = "StringEquals") -> dict[str, Any]:
    """GitHub's trust with other operators."""
    said = [(audience, AUDIENCE), (operator, {f"{GITHUB_HOST}:sub": sub})]
    condition: dict[str, Any] = {}
    for name, keys in said:
        condition.setdefault(name, {}).update(keys)
    return changed(deploy_role={"assumeRolePolicy": trust(GITHUB, condition)})


READS = "secretsmanager:GetSecretValue"
SECRETS = f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret"
CLEAR: dict[str, Any] = {"protocol": "HTTP", "defaultActions": [{"type": "forward"}]}
BEHIND_FRONT: dict[str, list[str]] = {"loadBalancerArn": ["balancer"]}

WAYS = [
    # A name, a place or a spelling that hides a policy
    Way("a policy that calls itself a boundary", "iam-no-wildcard", "extra", "s3:GetObject on every resource",
        granted(allow("s3:GetObject", "*"), name="shop-boundary")),
    Way("an inline policy of a role", "iam-no-wildcard", "task-role", "dynamodb:* also allows actions",
        changed(task_role={"inlinePolicies": [{"name": "x", "policy": policy(allow("dynamodb:*", "arn:x"))}]})),
    Way("an inline policy that passes on a role", "iam-pass-role", "task-role", "may pass * to a service",
        changed(task_role={"inlinePolicies": [{"policy": policy(allow("iam:PassRole", "*"))}]})),
    Way("a policy of a group", "iam-no-wildcard", "extra", "on every resource",
        more("aws:iam/groupPolicy:GroupPolicy", policy=policy(allow("s3:GetObject", "*")))),
    Way("elements in another case", "iam-no-wildcard", "extra", "every resource",
        more("aws:iam/policy:Policy", policy=json.dumps({"statement": {"effect": "Allow", "action": "s3:GetObject",
                                                                      "resource": "*"}}))),
    Way("a question mark for a star", "iam-no-wildcard", "extra", "s3:?etObject also allows",
        granted(allow("s3:?etObject", f"arn:aws:s3:::shop-{ACCOUNT}/*"))),
    Way("iam:PassRole in another case", "iam-pass-role", "extra", "may pass",
        granted(allow("iam:passrole", f"arn:aws:iam::{ACCOUNT}:role/*",
                      **limited("StringEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com")))),
    Way("iam:PassRole within a pattern", "iam-pass-role", "extra", "which service", granted(allow("iam:Pass*", ARN))),
    Way("resources that are not named", "iam-no-wildcard", "extra", "NotResource",
        granted({"Sid": "Most", "Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::other/*"})),
    # Conditions that limit nothing
    Way("a condition on TLS", "iam-no-wildcard", "extra", "every resource",
        granted(allow("s3:GetObject", "*", **limited("Bool", "aws:SecureTransport", "true")))),
    Way("a condition on the Region", "iam-no-wildcard", "extra", "every resource",
        granted(allow(READS, "*", **limited("StringEquals", "aws:RequestedRegion", "eu-central-1")))),
    Way("a condition on the resource's account", "iam-no-wildcard", "extra", "every resource",
        granted(allow(READS, "*", **limited("StringEquals", "aws:ResourceAccount", ACCOUNT)))),
    Way("a tag with any value", "iam-no-wildcard", "extra", "every resource",
        granted(allow("ecs:StopTask", "*", **limited("StringLike", "aws:ResourceTag/Project", "*")))),
    Way("a tag if there is one", "iam-no-wildcard", "extra", "every resource",
        granted(allow("ecs:StopTask", "*", **limited("StringEqualsIfExists", "aws:ResourceTag/Project", "shop")))),
    Way("a tag for all values, of which there may be none", "iam-no-wildcard", "extra", "every resource",
        granted(allow("ecs:StopTask", "*", **limited("ForAllValues:StringEquals", "aws:ResourceTag/Project", "a")))),
    Way("every tag but one", "iam-no-wildcard", "extra", "every resource",
        granted(allow("ecs:StopTask", "*", **limited("StringNotEquals", "aws:ResourceTag/Project", "shop")))),
    Way("a role passed to any service", "iam-pass-role", "extra", "does not say to which",
        granted(allow("iam:PassRole", ARN, **limited("StringLike", "iam:PassedToService", "*")))),
    # Resources that are everything in other words
    Way("every bucket", "iam-no-wildcard", "extra", "every resource, arn:aws:s3:::*",
        granted(allow("s3:GetObject", "arn:aws:s3:::*"))),
    Way("every object", "iam-no-wildcard", "extra", "every resource, arn:aws:s3:::*/*",
        granted(allow("s3:GetObject", "arn:aws:s3:::*/*"))),
    Way("every bucket whose name has a letter", "iam-no-wildcard", "extra", "every resource",
        granted(allow("s3:GetObject", "arn:aws:s3:::?*"))),
    Way("every secret", "iam-no-wildcard", "extra", f"{READS} on every resource",
        granted(allow(READS, f"{SECRETS}:*"))),
    Way("every master password", "iam-no-wildcard", "extra", "the master password of every database",
        granted(allow(READS, f"{SECRETS}:rds!*"))),
    Way("every key", "iam-no-wildcard", "extra", "every resource",
        granted(allow("kms:Decrypt", f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/*"))),
    Way("every service", "iam-no-wildcard", "extra", "every resource", granted(allow("s3:GetObject", "arn:aws:*"))),
    Way("every Application Load Balancer", "iam-no-wildcard", "extra", "every resource",
        granted(allow("elasticloadbalancing:DeleteLoadBalancer",
                      f"arn:aws:elasticloadbalancing:eu-central-1:{ACCOUNT}:loadbalancer/app/*"))),
    # More than somebody was given
    Way("AWS' policy that reads all secrets", "iam-no-broad-managed-policy", "extra", "SecretsManagerReadWrite",
        more("aws:iam/rolePolicyAttachment:RolePolicyAttachment",
             policyArn="arn:aws:iam::aws:policy/SecretsManagerReadWrite")),
    Way("AWS' policy that reads all parameters", "iam-no-broad-managed-policy", "task-role", "AmazonSSMReadOnlyAccess",
        changed(task_role={"managedPolicyArns": ["arn:aws:iam::aws:policy/AmazonSSMReadOnlyAccess"]})),
    Way("AWS' policy of a job", "iam-no-broad-managed-policy", "extra", "SystemAdministrator",
        more("aws:iam/policyAttachment:PolicyAttachment",
             policyArn="arn:aws:iam::aws:policy/job-function/SystemAdministrator")),
    Way("AWS' policy in a list of all that a role has", "iam-no-broad-managed-policy", "extra", "ReadOnlyAccess",
        more("aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
             policyArns=["arn:aws:iam::aws:policy/ReadOnlyAccess"])),
    Way("a role that writes roles", "iam-no-escalation", "extra", "no condition on iam:PermissionsBoundary",
        granted(allow("iam:PutRolePolicy", f"{ARN}/*"))),
    Way("a role that writes policies", "iam-no-escalation", "extra", "iam:CreatePolicyVersion",
        granted(allow("iam:CreatePolicyVersion", f"arn:aws:iam::{ACCOUNT}:policy/shop"))),
    Way("a user with keys", "iam-no-access-key", "extra", "never expire",
        more("aws:iam/accessKey:AccessKey", user="shop")),
    # Trust
    Way("a subject that is compared if there is one", "iam-trust", "deploy-role", "no condition on `sub`",
        taken("StringEqualsIfExists", "repo:shop/shop:environment:prod")),
    Way("every subject but one", "iam-trust", "deploy-role", "no condition on `sub`",
        taken("StringNotEquals", "repo:shop/other:environment:prod")),
    Way("an audience for all values", "iam-trust", "deploy-role", "no condition on `aud`",
        taken("StringEquals", "repo:shop/shop:environment:prod", audience="ForAllValues:StringEquals")),
    Way("any environment of the repository", "iam-trust", "deploy-role", "more than one",
        taken("StringLike", "repo:shop/shop:*:prod")),
    Way("everybody but one", "iam-trust", "task-role", "NotPrincipal",
        changed(task_role={"assumeRolePolicy": policy({"Effect": "Allow", "Action": "sts:AssumeRole",
                                                       "NotPrincipal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}})})),
    Way("a whole account", "iam-trust", "task-role", "whoever has rights in",
        changed(task_role={"assumeRolePolicy": trust({"AWS": "arn:aws:iam::999988887777:root"})})),
    Way("any account's ECS", "iam-trust", "task-role", "for another account",
        changed(task_role={"assumeRolePolicy": trust({"Service": ["ecs-tasks.amazonaws.com"]},
                                                     {"StringLike": {"aws:SourceAccount": "*"}})})),
    Way("a bucket for everybody over TLS", "resource-policy", "extra", "may use it",
        more("aws:s3/bucketPolicy:BucketPolicy",
             policy=policy({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:a/*",
                            "Condition": {"Bool": {"aws:SecureTransport": "true"}}}))),
    Way("a secret for everybody", "resource-policy", "secret", "may use it",
        changed(secret={"policy": policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": READS,
                                          "Resource": "*"})})),
    Way("a bucket for everybody by its ACL", "bucket-acl", "extra", "public-read",
        more("aws:s3/bucketAclV2:BucketAclV2", acl="public-read")),
    # The network
    Way("half of the internet", "public-ingress", "extra", "not a load balancer",
        more(INGRESS, {"securityGroupId": ["tasks"]}, cidrIpv4="0.0.0.0/1", fromPort=8080, toPort=8080)),
    Way("the internet in many parts", "public-ingress", "tasks", "not a load balancer",
        changed(tasks={"ingress": [{"cidrBlocks": [f"{number}.0.0.0/16" for number in range(11, 14)]}]})),
    Way("half of the internet over IPv6", "public-ingress", "extra", "not a load balancer",
        more(INGRESS, {"securityGroupId": ["tasks"]}, cidrIpv6="2000::/3", fromPort=8080, toPort=8080)),
    Way("the internet as a list of the stack's own", "public-ingress", "extra", "not a load balancer",
        {"more": [StackResource("aws:ec2:ManagedPrefixList", "all", "all", {"entries": [{"cidr": "0.0.0.0/0"}]}),
                  StackResource(INGRESS, "extra", "extra", {"prefixListId": "pl-1", "fromPort": 8080, "toPort": 8080},
                           {"securityGroupId": ["tasks"], "prefixListId": ["all"]})]}),
    Way("a list that nobody sees", "public-ingress", "extra", "which is not known here",
        more(INGRESS, {"securityGroupId": ["tasks"]}, prefixListId="pl-1", fromPort=8080, toPort=8080)),
    Way("the VPC's default group", "public-ingress", "extra", "not a load balancer",
        more("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
             ingress=[{"cidrBlocks": ["0.0.0.0/0"], "fromPort": 443, "toPort": 443}])),
    Way("tasks in the load balancer's group", "public-ingress", "from-internet", "not a load balancer",
        {"needs": {"service": {"networkConfiguration": ["front"]}}}),
    Way("a Classic Load Balancer", "public-ingress", "extra", "a Classic Load Balancer",
        more("aws:elasticloadbalancing/loadBalancer:LoadBalancer")),
    Way("a function's URL", "public-ingress", "extra", "a function's own URL",
        more("aws:lambda/functionUrl:FunctionUrl", authorizationType="NONE")),
    # Listeners under other names, and those that are there already
    *(
        Way(f"HTTP by aws:{module}", "https", "extra", "answers over HTTP",
            more(f"aws:{module}/listener:Listener", BEHIND_FRONT, **CLEAR))
        for module in ("alb", "applicationloadbalancing", "elasticloadbalancingv2")
    ),
    Way("a load balancer by aws:alb", "load-balancer", "extra", "may be deleted",
        more("aws:alb/loadBalancer:LoadBalancer", dropInvalidHeaderFields=True)),
    Way("a redirect to HTTP", "https", "redirect", "answers over HTTP",
        changed(redirect={"defaultActions": [{"type": "redirect", "redirect": {"protocol": "HTTP"}}]})),
    Way("a rule on the listener that redirects", "https", "extra", "answers over HTTP",
        more("aws:alb/listenerRule:ListenerRule", {"listenerArn": ["redirect"]}, actions=[{"type": "forward"}])),
    Way("an existing listener that nobody has read", "https", "extra", "neither creates nor reads",
        more("aws:lb/listenerRule:ListenerRule", listenerArn="arn:other", actions=[{"type": "forward"}])),
    Way("an existing listener that speaks HTTP", "https", "extra", "answers over HTTP",
        {"more": [StackResource("aws:lb:Listener", "read", "read", {"arn": "arn:other", **CLEAR}),
                  StackResource("aws:lb:ListenerRule", "extra", "extra",
                           {"listenerArn": "arn:other", "actions": [{"type": "forward"}]})]}),
    Way("bytes as they come", "https", "extra", "answers over TCP",
        more("aws:lb/listener:Listener", BEHIND_FRONT, protocol="TCP", defaultActions=[{"type": "forward"}])),
    Way("a policy whose name begins with a modern one's", "https", "https", "older than 1.2",
        changed(https={"sslPolicy": "ELBSecurityPolicy-TLS13-1-0-2021-06"})),
    # What a stack says of itself
    Way("a stack called prod that says it is for play", "environment", "urn:pulumi:prod::shop::provider",
        "says that it is for dev, but prod is the name of a production stack",
        {"without": "provider",
         **more("pulumi:providers:aws", urn="urn:pulumi:prod::shop::provider", defaultTags=tags("dev"),
                allowedAccountIds=json.dumps([ACCOUNT]))}),
    Way("a second provider that says something else", "environment", "", "disagree",
        more("pulumi:providers:aws", defaultTags=tags("dev"), allowedAccountIds=json.dumps([ACCOUNT]))),
    Way("an environment that nobody knows", "environment", "provider", "Environment is Prod",
        changed(provider={"defaultTags": tags("Prod")})),
    Way("no provider of its own", "tags", "", "no provider of the stack's own", {"without": "provider"}),
    Way("another provider of the same cloud", "known-kinds", "extra", "aws-native:rds:DBInstance",
        more("aws-native:rds:DBInstance", publiclyAccessible=True)),
    Way("any resource, as text", "known-kinds", "extra", "which no rule sees",
        more("aws:cloudcontrol/resource:Resource", typeName="AWS::RDS::DBInstance")),
    Way("a template", "known-kinds", "extra", "whatever its template says",
        more("aws:cloudformation/stack:Stack", templateBody="{}")),
    # Past the gate, or past a rule on data
    Way("a task definition that may be either", "gate", "service", "comes from outside the gate",
        {"needs": {"service": {"taskDefinition": ["gate", "definition"]}}}),
    Way("a task set", "gate", "extra", "without the gate", more("aws:ecs/taskSet:TaskSet", service="shop")),
    Way("a digest in the name of a tag", "image-by-digest", "definition", "another image tomorrow",
        changed(definition={"containerDefinitions": container(image=f"{DIGEST[:-4]}")})),
    Way("a password in an address", "no-plain-secrets", "definition", "DATABASE is plain text",
        changed(definition={"containerDefinitions": container(
            environment=[{"name": "DATABASE", "value": "postgres://shop:hunter2@db/shop"}])})),
    Way("a health check that is off", "health-check", "targets", "no health check",
        changed(targets={"healthCheck": {"path": "/live", "enabled": False}})),
    Way("a public instance of a cluster", "database-private", "extra", "publiclyAccessible",
        more("aws:rds/clusterInstance:ClusterInstance", publiclyAccessible=True)),
    Way("an alarm that is switched off", "alarms-reach-someone", "slow", "tells nobody",
        changed(slow={"actionsEnabled": False})),
]  # fmt: skip

WELL = [
    granted(allow("s3:GetObject", "arn:aws:s3:::shop-files/*")),
    granted(allow("ecs:StopTask", "*", **limited("ArnEquals", "ecs:cluster", f"arn:aws:ecs:eu:{ACCOUNT}:cluster/a"))),
    granted(allow("ecs:StopTask", "*", **limited("ForAnyValue:StringEquals", "aws:ResourceTag/Project", "shop"))),
    granted(allow(READS, f"{SECRETS}:rds!db-0123-abc")),
    granted(allow("iam:PutRolePolicy", f"{ARN}/*", **limited("StringEquals", "iam:PermissionsBoundary", "arn:aws:b"))),
    granted(allow("elasticloadbalancing:DeleteRule", "arn:aws:elasticloadbalancing:eu:1:listener-rule/app/shop-*")),
    more(INGRESS, {"securityGroupId": ["tasks"]}, cidrIpv4="10.0.0.0/8", fromPort=8080, toPort=8080),
    more(INGRESS, {"securityGroupId": ["tasks"]}, cidrIpv4="203.0.113.0/24", fromPort=8080, toPort=8080),
    more(INGRESS, {"securityGroupId": ["front"]}, prefixListId="pl-1", fromPort=443, toPort=443),
    more("aws:lb/listenerRule:ListenerRule", {"listenerArn": ["https"]}, actions=[{"type": "forward"}]),
    {"more": [StackResource("aws:lb:Listener", "read", "read", {"arn": "arn:other", "protocol": "HTTPS",
                                                           "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"}),
              StackResource("aws:lb:ListenerRule", "extra", "extra", {"listenerArn": "arn:other"})]},
    more("aws:iam/rolePolicyAttachment:RolePolicyAttachment", policyArn=f"arn:aws:iam::{ACCOUNT}:policy/shop-files"),
    more("aws:iam/rolePolicyAttachment:RolePolicyAttachment",
         policyArn="arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"),
    more("aws:sns/topicPolicy:TopicPolicy",
         policy=policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sns:Publish", "Resource": "arn:x",
                        "Condition": {"StringEquals": {"aws:SourceOwner": ACCOUNT}}})),
    more("aws:s3/bucketPolicy:BucketPolicy",
         policy=policy({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:x"})),
    changed(task_role={"assumeRolePolicy": trust({"AWS": f"arn:aws:iam::{ACCOUNT}:role/shop"})}),
]  # fmt: skip
"""Changes that look like one of those, and are right."""
