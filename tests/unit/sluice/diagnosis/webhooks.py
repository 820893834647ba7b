"""Addresses of webhooks with the secret part of each, and plain addresses that look a little like them.

No address stands here as a whole: scanners for secrets take it for a real one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

KEY = "k7Qp0" + "zX3vB9mW2sR8tY4uJ6"
HEX = "0f9e8d7c6b5a49382716" + "05f4e3d2c1b0"
GUID = "6f1c2b3a-4d5e-6f70-8192-" + "a3b4c5d6e7f8"
SLACK = "https://hooks.slack.com"
TEAM, BOT = "T024BE7LD", "B0123ABCDEF"

WEBHOOKS: Mapping[str, tuple[str, str]] = {
    # name: the address up to its secret, the secret
    "Slack": (f"{SLACK}/services/{TEAM}/{BOT}/", KEY),
    "Slack's own example": (f"{SLACK}/services/T00000000/B00000000/", "X" * 24),
    "Slack for governments": (f"https://hooks.slack-gov.com/services/{TEAM}/{BOT}/", KEY),
    "Slack workflow": (f"{SLACK}/workflows/{TEAM}/A0123ABCDEF/123456789012345678/", KEY),
    "Slack trigger": (f"{SLACK}/triggers/{TEAM}/1234567890123/", HEX),
    "Slack, percent-encoded": (f"https%3A%2F%2Fhooks.slack.com%2Fservices%2F{TEAM}%2F{BOT}%2F", KEY),
    "Slack, in JSON of PHP": (f"https:\\/\\/hooks.slack.com\\/services\\/{TEAM}\\/{BOT}\\/", KEY),
    "Slack through a proxy": (f"http://relay.internal:8080/chat/services/{TEAM}/{BOT}/", KEY),
    "Discord": ("https://discord.com/api/webhooks/123456789012345678/", f"{KEY}_-{KEY}"),
    "Discord with a version": ("https://discord.com/api/v10/webhooks/1234567890123456789/", KEY),
    "Discord's old host": ("https://ptb.discordapp.com/api/webhooks/123456789012345678/", KEY),
    "Teams": (f"https://shop.webhook.office.com/webhookb2/{GUID}@{GUID}/IncomingWebhook/", f"{HEX}/{GUID}"),
    "Teams, percent-encoded": (f"https://shop.webhook.office.com/webhookb2/{GUID}%40{GUID}/IncomingWebhook/", HEX),
    "Teams, old": (f"https://outlook.office.com/webhook/{GUID}@{GUID}/IncomingWebhook/", f"{HEX}/{GUID}"),
    "Teams, another connector": (f"https://shop.webhook.office.com/webhookb2/{GUID}@{GUID}/GitHub/", f"{HEX}/{GUID}"),
    "Teams workflow": (
        "https://prod-12.westeurope.logic.azure.com:443/workflows/1a2b/triggers/manual/paths/invoke?sp=1&sv=1.0&sig=",
        KEY,
    ),
    "Google Chat": ("https://chat.googleapis.com/v1/spaces/AAAA/messages?token=", KEY),
    "Mattermost": ("https://chat.shop.example/hooks/", "xuyd8wj7pbd1iyc7a3ws3ndqqy"),
    "Rocket.Chat": ("https://http-chat.shop.example/hooks/", f"{HEX[:16]}kq/{KEY}"),
    "Zapier": ("https://hooks.zapier.com/hooks/catch/123456/", "o1a2b3c"),
    "IFTTT": ("https://maker.ifttt.com/trigger/deployed/with/key/", KEY),
    "PagerDuty": ("https://events.pagerduty.com/integration/", HEX),
    "Telegram": ("https://api.telegram.org/bot110201543:", f"{KEY}AAHdqTcvCH1v"),
    "any host": ("https://ci.shop.example/api/webhook/deploy/", KEY),
}

PLAIN: Sequence[str] = (
    "https://shop.example/orders/42",
    "https://api.slack.com/methods/chat.postMessage",
    "https://shop.slack.com/archives/C024BE91L/p1355517523000008",
    "https://hooks.slack.com/services/",
    "https://shop.example/services/team/billing/accounts",
    "https://shop.example/services/t-shirts/blue/large",
    "https://discord.com/channels/123456789012345678/123456789012345678",
    "https://discord.com/api/webhooks/",
    "https://teams.microsoft.com/l/channel/19/General",
    "https://shop.webhook.office.com/",
    f"https://shop.example/api/webhooks/{GUID}",
    "https://shop.example/api/webhooks/123456789012345678",
    "https://shop.example/webhooks/stripe",
    "https://shop.example/webhooks/order-created-2026-11-27",
    f"https://github.com/shop/hooks/commit/{HEX}",
    "https://github.com/shop/api/blob/main/hooks/useInfiniteScroll2024.ts",
    "/app/src/hooks/useInfiniteScroll2024Loader",
    "https://hooks.zapier.com/hooks/catch/",
    "https://api.telegram.org/",
    "robot123456:starts",
    "webhook answered 200",
    f"arn:aws:sns:eu-central-1:123456789012:webhooks-{HEX}",
)
