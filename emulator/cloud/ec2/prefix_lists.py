"""A rule of a security group may name a prefix list, such as the one of a gateway endpoint.

AWS, AuthorizeSecurityGroupEgress and SecurityGroupRule (EC2 API reference): `PrefixListIds` is one of the peers that a
rule can have, and DescribeSecurityGroupRules says which. MiniStack forgets it.
"""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import ec2

from emulator.cloud.correction import Correction
from emulator.cloud.replace import replace
from emulator.cloud.settings import Settings


def install(settings: Settings) -> None:
    """Keep the prefix lists of rules, and show them."""
    parse, rule_xml = ec2._parse_ip_permissions, ec2._sg_rule_xml

    def parse_ip_permissions(params: dict[str, Any], prefix: str) -> Any:
        rules = parse(params, prefix)
        for number, rule in enumerate(rules, start=1):
            rule["PrefixListIds"] = rule.get("PrefixListIds") or _lists(params, f"{prefix}.{number}.PrefixListIds")
        return rules

    def sg_rule_xml(group: str, rule: dict[str, Any], is_egress: bool = False) -> str:
        lists = rule.get("PrefixListIds") or []
        if not lists:
            return str(rule_xml(group, rule, is_egress=is_egress))
        number = ec2._sg_rule_id(group, is_egress, rule)
        return "".join(
            f"<item><securityGroupRuleId>{number}</securityGroupRuleId><groupId>{group}</groupId>"
            f"<groupOwnerId>{get_account_id()}</groupOwnerId><isEgress>{str(is_egress).lower()}</isEgress>"
            f"<ipProtocol>{rule.get('IpProtocol', '-1')}</ipProtocol><fromPort>{rule.get('FromPort', -1)}</fromPort>"
            f"<toPort>{rule.get('ToPort', -1)}</toPort><prefixListId>{one['PrefixListId']}</prefixListId>"
            f"<description>{ec2._esc(one.get('Description', ''))}</description>{ec2._sg_rule_tag_suffix(number)}</item>"
            for one in lists
        )

    replace(ec2, "_parse_ip_permissions", parse_ip_permissions)
    replace(ec2, "_sg_rule_xml", sg_rule_xml)


CORRECTION = Correction(
    rule="A rule of a security group may name a prefix list.",
    fault="The prefix list of a rule is forgotten, and the rule has no peer.",
    ministack="1.5.33",
    install=install,
)


def _lists(params: dict[str, Any], prefix: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    while name := ec2._p(params, f"{prefix}.{len(found) + 1}.PrefixListId"):
        description = ec2._p(params, f"{prefix}.{len(found) + 1}.Description")
        found.append({"PrefixListId": name} | ({"Description": description} if description else {}))
    return found
