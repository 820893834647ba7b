"""Publishes the failure of a migration or a rollout to the stack's SNS topic.

IAM: sns:Publish on the topic (and kms:GenerateDataKey, kms:Decrypt on its key when it is encrypted).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sluice.diagnosis.redaction.presentable import presentable, presentable_line

LONGEST_SUBJECT = 99
"""SNS Publish: fewer than 100 ASCII characters, no control characters."""
LONGEST_TEXT = 12_000
"""Characters of the message; SNS allows 256 KB, people read less."""
SECONDS = 10.0


@dataclass(frozen=True)
class Notice:
    """The notice of a failure.

    Attributes:
        what: ``migration`` or ``rollout``.
        stack: PROJECT/STACK.
        image: by digest.
        author: user and host of the deployer.
        failure: the whole explanation; its first line becomes part of the subject.
    """

    what: str
    stack: str
    image: str
    author: str
    failure: str

    @property
    def subject(self) -> str:
        first = presentable_line(self.failure.partition("\n")[0])
        text = " ".join(f"Sluice: {self.what} failed in {self.stack}: {first}".split())
        plain = text.encode("ascii", "replace").decode()
        return plain if len(plain) <= LONGEST_SUBJECT else plain[: LONGEST_SUBJECT - 3].rstrip() + "..."

    @property
    def text(self) -> str:
        head = f"{self.what} failed\n\nstack: {self.stack}\nimage: {self.image}\ndeployed by: {self.author}\n\n"
        return head + presentable(self.failure, LONGEST_TEXT)


def publish(sns: Callable[[], Any], topic: str, notice: Notice, log: Callable[[str], None]) -> bool:
    """Send the notice within ten seconds. An error becomes a warning; nothing is raised.

    Args:
        sns: returns a boto3 client of the topic's Region.
        topic: its ARN; empty: nothing is sent.
        log: prints a warning.

    Returns:
        Whether SNS accepted it.
    """
    if not topic:
        return False
    troubles: list[str] = []

    def send() -> None:
        try:
            sns().publish(TopicArn=topic, Subject=notice.subject, Message=notice.text)
        except Exception as error:  # the failure itself must be reported, even when the notice fails
            troubles.append(str(error))

    # A thread, because name resolution and retries have no deadline of their own.
    sending = threading.Thread(target=send, name="notice", daemon=True)
    sending.start()
    sending.join(SECONDS)
    if sending.is_alive():
        troubles.append(f"no answer within {SECONDS:.0f} s")
    if troubles:
        log(f"the notice of this failure was not sent to {topic}: {troubles[0]}")
    return not troubles
