"""One run of one tool: its wall time, its exit code, what it printed, and the calls it made."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass

from bench.peers import BIN, ROOT, VARIABLES, Tool
from bench.proxy import Proxy
from bench.stage import Stage
from emulator.cloud.emulator import REGION

SECONDS = 180.0


@dataclass(frozen=True)
class Ran:
    """What a run came to. *began* and *ended* in seconds since the epoch."""

    began: float
    ended: float
    code: int
    output: str
    calls: Counter[str]

    @property
    def seconds(self) -> float:
        return self.ended - self.began


def run(stage: Stage, tool: Tool, arguments: list[str]) -> Ran:
    """Runs the tool against a counting proxy of its own. Raises TimeoutExpired after three minutes."""
    with Proxy(stage.cloud.endpoint) as proxy:
        env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        env |= VARIABLES | {
            "CLUSTER_ARN": stage.cluster,
            "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "AWS_ENDPOINT_URL": proxy.endpoint,
            "AWS_ACCESS_KEY_ID": stage.cloud.account,
            "AWS_SECRET_ACCESS_KEY": stage.cloud.secret(),
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_PAGER": "",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }
        began = time.time()
        process = subprocess.Popen(
            [*tool.words, *arguments],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=SECONDS)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)  # our own child's session: the shell and what it started
            process.wait(10)
            raise
        return Ran(began, time.time(), process.returncode, output, Counter(proxy.calls))
