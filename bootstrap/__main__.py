"""A stack's deployers on one page: settings ─► scope ─► boundary ─► deploy role, preview role ─► outputs."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # Pulumi puts this folder alone on the path

import pulumi  # noqa: E402
import pulumi_aws as aws  # noqa: E402

from bootstrap import account, deployers, neighbours, project, reader, settings, signing_key, subject  # noqa: E402
from bootstrap.deployer import DeployerArgs, DeployerRole  # noqa: E402
from bootstrap.statement import document  # noqa: E402
from infra import naming, providers  # noqa: E402
from infra.policies import AccountRegion  # noqa: E402

main, stack = project.name(), pulumi.get_stack()
chosen = settings.load(stack)
name, path = naming.prefix(main, stack), naming.deployer_path(main)
production = str(project.is_production(stack)).lower()
tags = {"Project": main, "Stack": stack, "Purpose": "bootstrap", neighbours.PRODUCTION: production}
provider = providers.amazon(chosen.aws, tags, os.environ)
here, asking = pulumi.ResourceOptions(provider=provider), pulumi.InvokeOptions(provider=provider)

# The stack's account and Region, and the limits of its deployers.
where = aws.get_caller_identity_output(opts=asking).arn.apply(lambda arn: AccountRegion.of(arn, chosen.aws.region))
keys = [
    aws.kms.get_key_output(key_id=alias, opts=asking).arn
    for alias in (
        account.bucket_alias(main),
        account.alias(main, stack),
        *([signing_key.alias(main, stack)] if chosen.signing.key else []),
    )
]
scope = pulumi.Output.all(where, *keys).apply(lambda known: project.scope(chosen, known[0], main, stack, *known[1:]))


def written(grant: deployers.Grant) -> pulumi.Output[str]:
    """Return a grant as a policy for this stack."""
    return scope.apply(lambda known: document(grant(known)))


boundary = aws.iam.Policy(
    f"{name}-boundary",
    name=f"{name}-boundary",
    path=path,
    description="The most that a role of this stack's tasks can do",
    policy=written(deployers.BOUNDARY),
    opts=here,
)

deploying, previewing = project.jobs(chosen.github, stack)


def deployer(
    kind: str, does: str, trust: pulumi.Input[str], grants: deployers.Grants, seconds: int = 3600
) -> DeployerRole:
    """Create one of the roles."""
    return DeployerRole(
        f"{name}-{kind}",
        DeployerArgs(
            path=path,
            trust=trust,
            description=f"{does} stack {stack} of {main}",
            grants={about: written(grant) for about, grant in grants.items()},
            session_seconds=seconds,
        ),
        here,
    )


def taken_by(jobs: list[subject.Jobs]) -> pulumi.Output[str]:
    """Return the trust policy that lets these GitHub jobs assume a role."""
    return where.apply(lambda known: subject.trust(known, jobs))


deploy = deployer("deploy", "Deploys", taken_by(deploying), deployers.DEPLOY, chosen.session_seconds)
pulumi.export("deployRole", deploy.arn)
pulumi.export("boundary", boundary.arn)
pulumi.export(
    "jobs",
    {
        kind: [{"subjects": one.subjects, "workflows": one.workflows} for one in jobs]
        for kind, jobs in (("deploy", deploying), ("preview", previewing))
    },
)
if previewing:
    pulumi.export("previewRole", deployer("preview", "Previews", taken_by(previewing), deployers.PREVIEW).arn)
if readers := chosen.releases.readers:
    trust = where.apply(lambda known: reader.trust(known, main, readers))
    pulumi.export("releasesRole", deployer("releases", "Reads what was released by", trust, deployers.RELEASES).arn)
