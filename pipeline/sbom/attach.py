"""Attaches a bill of materials (SBOM) to the digest that it describes: `make sbom`.

It is created in a job without a role (pipeline/sbom/create.py).

IAM: what sluice.image.image_attachment says; the deploy role of a stack that builds has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from pipeline import stack_settings
from pipeline.engine.engine import Engine
from pipeline.failed import Failed
from pipeline.sbom import document, layout
from pipeline.sbom.image import chosen
from sluice.image.image_attachment import attach as attach_document


def attach(engine: Engine, file: Path, environment: Mapping[str, str]) -> int:
    """Attach a file to an image of a stack; return the exit code.

    Args:
        environment: IMAGE, an image of the stack's repository by digest; unset: the one that serves. SBOM_DIGEST, what
            the job that made the file said of it; unset: not compared.

    Raises:
        Failed, GateError.
    """
    try:
        content, found = file.read_bytes(), layout.digest_of(file)
    except OSError as error:
        raise Failed(f"{file} cannot be read: {error.strerror}") from None
    said = environment.get("SBOM_DIGEST")
    if said is not None and said != found:
        raise Failed(
            f"the digest of {file} is {found}, and SBOM_DIGEST is {said or 'empty'}\n  cause: it is not the file that"
            " the job before made\n  fix: run that job again"
        )
    image = chosen(engine, environment)
    kind = document.kind_of(content, str(file))
    document.must_name(content, image.partition("@")[2], str(file))
    clients = stack_settings.clients(engine)
    clients.verify()
    try:
        artifact = attach_document(clients, image, kind, content)
    except (BotoCoreError, ClientError) as error:
        raise Failed(f"{file} cannot be attached to {image}: {error}") from error
    print(f"attached to {image}: {artifact} ({kind}, {len(content):,} bytes)")
    return 0
