"""`python -m pipeline VERB --stack STACK`: what `make plan`, `make deploy` and their like run."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from pipeline import deploy, job_output, promoted, rollback, smoke, timeline
from pipeline.engine.engine import Engine
from pipeline.failed import Failed
from pipeline.preview import plan
from pipeline.sbom import attach, export
from sluice.errors import GateError

INTERRUPTED = 130


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m pipeline", description=__doc__)
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, said in (
        ("plan", "preview a stack, judged by the policy pack; with --into, also as Markdown"),
        (
            "deploy",
            "deploy a stack, judged by the policy pack; APPROVED, APPROVED_PLAN in the environment: that or nothing",
        ),
        ("smoke", "ask a deployed stack as its users do"),
        ("timeline", "show how long each step and stage of the last deploy took; on GitHub in the run's summary"),
        ("rollback", "back to an earlier release: RELEASE and REASON in the environment"),
        (
            "sbom",
            "attach a bill of materials to an image of a stack; IMAGE in the environment: not to the one that serves",
        ),
        ("sbom-export", "write an image of a stack into a folder, for a job without a role that makes its SBOM"),
        ("drift", "fail when the cloud is not as the stack's state says; changes nothing"),
    ):
        one = verbs.add_parser(name, help=said)
        one.add_argument("--stack", required=True)
        one.add_argument("--cwd", type=Path, default=Path(), help="the folder of the Pulumi project")
        if name in ("plan", "deploy"):
            one.add_argument(
                "--without-policy", action="store_true", help="for a language host that starts no policy packs"
            )
        if name == "sbom":
            one.add_argument("--file", type=Path, required=True, help="CycloneDX or SPDX, as JSON")
        if name == "sbom-export":
            one.add_argument("--into", type=Path, required=True, help="folder for the image; empty or not there yet")
        if name == "plan":
            one.add_argument("--into", type=Path, help="folder for STACK.md")
    return top


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    given = parser().parse_args(arguments)
    try:
        return _carried_out(given)
    except (Failed, GateError) as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED


def _carried_out(given: argparse.Namespace) -> int:
    engine = Engine(given.stack, given.cwd, policy=not getattr(given, "without_policy", False))
    if given.verb == "plan":
        code, changes = plan.plan(engine, given.into)
        job_output.write(os.environ, "image", promoted.image(engine) or "")
        job_output.write(os.environ, "plan", changes)
        return code
    if given.verb == "deploy":
        code = deploy.deploy(engine, os.environ)
        if code == 0 and os.environ.get("GITHUB_OUTPUT"):
            job_output.write(os.environ, "image", str(engine.output("image") or ""))
        return code
    if given.verb == "rollback":
        return rollback.rollback(given.stack, given.cwd, os.environ)
    if given.verb == "timeline":
        return timeline.write(given.stack, given.cwd, os.environ)
    if given.verb == "sbom":
        return attach.attach(engine, given.file, os.environ)
    if given.verb == "sbom-export":
        return export.export(engine, given.into, os.environ)
    if given.verb == "smoke":
        return smoke.ask(engine, time.sleep)
    return engine.drift()[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
