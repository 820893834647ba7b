"""A random text that the program itself needs."""

from __future__ import annotations

import pulumi

from sluice.sdk.definition import properties


class RandomText(pulumi.CustomResource):
    """Random letters and digits, made once and kept in the state, encrypted.

    For what keeps requests apart, like a header that a listener rule matches. A password belongs into GeneratedSecret,
    which never comes into the state.

    Args:
        length: of the text, 16 to 128 letters and digits. Another length makes another text.

    Attributes:
        text: the random text, a secret.
    """

    def __init__(self, name: str, *, length: int = 40, opts: pulumi.ResourceOptions | None = None) -> None:
        props = properties(RandomText, locals(), ("text",))
        secret = pulumi.ResourceOptions(additional_secret_outputs=["text"])
        super().__init__("gate:index:RandomText", name, props, pulumi.ResourceOptions.merge(opts, secret))
        self.text: pulumi.Output[str] = pulumi.Output.secret(pulumi.get(self, "text"))
