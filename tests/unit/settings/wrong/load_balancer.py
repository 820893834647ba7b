"""Wrong settings and their messages. Load balancer, domain and firewall."""

from __future__ import annotations

from typing import Any

from tests.unit.settings.wrong.values import BALANCER, CERTIFICATE, LISTENER, ROUTED

WRONG: list[tuple[str, dict[str, Any], str]] = [
    (
        "firewall with an existing load balancer",
        {
            "waf.enabled": True,
            "loadBalancer": {"listener": LISTENER, "priority": 1, "host": "a.example.com"},
            "network": ROUTED,
        },
        "waf: enabled is set by the owner of the existing load balancer (loadBalancer.listener); remove it",
    ),
    (
        "unknown rule group",
        {"waf.managedRules": {"MyRules": "block"}},
        'waf.managedRules = {"MyRules": "block"}: MyRules is not an AWS managed rule group; their names begin with'
        " AWSManagedRules",
    ),
    (
        "unknown effect of a rule group",
        {"waf.managedRules": {"AWSManagedRulesCommonRuleSet": "off"}},
        "waf.managedRules.AWSManagedRulesCommonRuleSet = \"off\": must be 'block' or 'count'",
    ),
    (
        "access logs with an existing load balancer",
        {
            "loadBalancer": {"listener": LISTENER, "priority": 1, "host": "a.example.com", "accessLogs": True},
            "network": ROUTED,
        },
        "loadBalancer.accessLogs = true: is set by the owner of the existing load balancer (loadBalancer.listener);"
        " remove it",
    ),
    (
        "HTTP in prod",
        {"environment": "prod"},
        "domain: name is required in prod, because without it the service answers over plain HTTP; set name, and"
        " zone or certificate, or set loadBalancer.listener to an HTTPS listener",
    ),
    (
        "domain without a certificate",
        {"domain.name": "shop.example.com"},
        "domain: name needs a certificate; set zone to have one issued, or certificate to use an existing one",
    ),
    (
        "name of a hosted zone",
        {"domain": {"name": "shop.example.com", "zone": "example.com"}},
        'domain.zone = "example.com": must match ^Z[A-Z0-9]{1,31}$',
    ),
    (
        "hosted zone without a domain",
        {"domain.zone": "Z0123456789ABC"},
        'domain.zone = "Z0123456789ABC": has no effect without domain.name; write that, or remove this',
    ),
    (
        "URL for a host name",
        {"domain": {"name": "https://shop.example.com", "zone": "Z0123456789ABC"}},
        'domain.name = "https://shop.example.com": must match ^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$',
    ),
    (
        "certificate of another Region",
        {"domain": {"name": "shop.example.com", "certificate": CERTIFICATE.replace("eu-central-1", "us-east-1")}},
        "domain: certificate is not in the stack's Region (eu-central-1); name one in eu-central-1",
    ),
    (
        "file of a certificate",
        {"domain": {"name": "shop.example.com", "certificate": "shop.pem"}},
        'domain.certificate = "shop.pem": is not the ARN of a certificate in AWS Certificate Manager; write one like'
        " arn:aws:acm:REGION:ACCOUNT:certificate/ID",
    ),
    (
        "smoke host that the listener does not forward",
        {
            "smoke.host": "other.example.com",
            "loadBalancer": {"listener": LISTENER, "priority": 1, "host": "shop.example.com"},
            "network": ROUTED,
        },
        "domain: smoke.host is not the host name that the listener's rule forwards; write that, or remove it",
    ),
    (
        "ARN of a load balancer for a listener",
        {"loadBalancer": {"listener": BALANCER, "priority": 1}},
        f'loadBalancer.listener = "{BALANCER[:58]}…: is not the ARN of a listener of an Application Load Balancer;'
        " write one like arn:aws:elasticloadbalancing:REGION:ACCOUNT:listener/app/NAME/ID/ID",
    ),
    (
        "listener without a priority",
        {"loadBalancer": {"listener": LISTENER, "host": "shop.example.com"}, "network": ROUTED},
        "loadBalancer.priority: is required with loadBalancer.listener; write a number that no other rule of it has",
    ),
    (
        "priority without a listener",
        {"loadBalancer.priority": 1},
        "loadBalancer.priority = 1: has no effect without loadBalancer.listener; write that, or remove this",
    ),
    (
        "listener without a host name",
        {"loadBalancer": {"listener": LISTENER, "priority": 1}, "network": ROUTED},
        "domain: loadBalancer.listener needs a host name to forward; set domain.name or loadBalancer.host",
    ),
    (
        "two host names",
        {
            "loadBalancer": {"listener": LISTENER, "priority": 1, "host": "a.example.com"},
            "domain": {"name": "b.example.com"},
            "network": ROUTED,
        },
        "domain: name and loadBalancer.host exclude each other; keep one",
    ),
    (
        "certificate for an existing listener",
        {
            "loadBalancer": {"listener": LISTENER, "priority": 1},
            "domain": {"name": "b.example.com", "certificate": CERTIFICATE},
            "network": ROUTED,
        },
        "domain: certificate has no effect with loadBalancer.listener, which has its own; remove it",
    ),
]
