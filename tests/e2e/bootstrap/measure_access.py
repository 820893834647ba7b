"""A stack's whole life with the roles that bootstrap made: `python -m tests.e2e.bootstrap.measure_access`; two minutes.

The emulator decides every call by its caller's policies. It does not know the ARN of everything that is created, nor
every condition key (`iam:PermissionsBoundary`, EC2's tags): so here the roles keep their actions, while resources and
conditions are taken off, all but those of the state bucket. What this shows: the deploy role's actions suffice for
deploying, refreshing and destroying, those of the preview role for a preview with a refresh, and an `up` by the latter
fails.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.e2e.bootstrap.account import ROOT, Account, opened

STACK = "local"


def without_resources(account: Account) -> None:
    """Leaves the roles' actions, but for the state's policy, on every resource."""
    iam = account.client("iam")
    for role in ("deploy", "preview"):
        for attached in iam.list_attached_role_policies(RoleName=f"sluice-{STACK}-{role}")["AttachedPolicies"]:
            arn = attached["PolicyArn"]
            if arn.endswith("-state"):
                continue
            version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
            for statement in document["Statement"]:
                statement["Resource"] = "*"
                statement.pop("Condition", None)
            iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)


def main() -> int:
    """Go through the stack's life; returns how many of its parts ended otherwise than they should."""
    wrong = 0
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder) / "local") as account:
        account.bootstrap()
        without_resources(account)
        bucket = f"sluice-state-{account.id}-us-east-1"
        account.client("s3").delete_bucket_policy(Bucket=bucket)  # TLS only, and the emulator speaks plain HTTP
        settings = Path(folder) / f"Pulumi.{STACK}.yaml"
        settings.write_text(
            (ROOT / settings.name).read_text().replace("config:\n", "config:\n  access: {boundary: true}\n", 1)
        )
        backend = f"s3://{bucket}?region=us-east-1&endpoint={account.endpoint}&s3ForcePathStyle=true"
        jobs = {"deploy": f"environment:{STACK}", "preview": "pull_request"}
        roles = {
            role: account.env
            | {name.upper(): value for name, value in account.job(role, f"repo:example/shop:{subject}").items()}
            | {"PULUMI_BACKEND_URL": backend}
            for role, subject in jobs.items()
        }
        common = ["--stack", STACK, "--config-file", str(settings)]
        for role, code, words in (
            ("deploy", 0, ["stack", "init", STACK, "--no-select"]),
            ("deploy", 0, ["up", "--yes", "--skip-preview", *common]),
            ("preview", 0, ["preview", "--refresh", "--expect-no-changes", *common]),
            ("preview", 1, ["up", "--yes", "--skip-preview", *common]),
            ("deploy", 0, ["up", "--yes", "--skip-preview", "--expect-no-changes", *common]),
            ("deploy", 0, ["refresh", "--yes", "--expect-no-changes", *common]),
            ("deploy", 0, ["destroy", "--yes", *common]),
        ):
            began = time.monotonic()
            done = subprocess.run(
                ["pulumi", *words, "--non-interactive"],
                cwd=ROOT, env=roles[role], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600,
                check=False,
            )  # fmt: skip
            seconds = time.monotonic() - began
            print(
                f"{role:8} pulumi {' '.join(words[:2]):14} exit code {done.returncode:3} {seconds:6.1f} s", flush=True
            )
            if done.returncode != code:
                wrong += 1
                print(done.stdout[-3000:] + done.stderr[-3000:], flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
