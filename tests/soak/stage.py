"""Plays scenarios on the emulated AWS: deployers that die, one after the other, and the last one in peace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulator.cloud import emulator
from sluice.migration.records.records import Records
from tests.e2e.cloud.conftest import cloud_python, new_account
from tests.e2e.cloud.stage import Stage as Cloud
from tests.soak.deployer import NAMES
from tests.soak.interference import Interference
from tests.soak.judgement import Evidence, judge
from tests.soak.scenario import OPERATOR, SHARDS, TIMEOUT, Deployment, Scenario
from tests.soak.witness import Scene, Witness

ROOT = Path(__file__).resolve().parents[2]
DEPLOYER_SECONDS = 90
"""How long one deployer may take: a hang is a failure."""
FOREIGN_SECONDS = 10
"""How long an operator's run without a task counts as alive here (two minutes otherwise)."""
AGAIN = (3, 6)
"""Ends after which the last deployment is tried again: a task had been told to fail, or an operator's run was open."""
AFTERWARDS_SECONDS = 180
PATIENT_TIMEOUT = 20


@dataclass
class Played:
    """A scenario's course and what was wrong with it."""

    scenario: Scenario
    ends: list[str] = field(default_factory=list)
    met: list[str] = field(default_factory=list)
    output: list[str] = field(default_factory=list)
    tasks: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def line(self) -> str:
        verdict = "WRONG" if self.wrong else "ok"
        course = "; ".join(f"{what} -> {end}" for what, end in zip(self.scenario.deployments, self.ends, strict=False))
        again = self.ends[len(self.scenario.deployments) :]
        course += "".join(f", again -> {end}" for end in again)
        return f"seed {self.scenario.seed:<6} {verdict:5} {self.seconds:5.1f} s {self.tasks:2} tasks  {course}"


class Stage:
    """One account with two images to deploy, and the witness that their tasks call."""

    def __init__(self, cloud: emulator.Cloud) -> None:
        self.cloud = Cloud(cloud)
        self.witness = Witness(cloud.host)
        self.images = {version: self.cloud.push(version, Path(__file__).parent / "task") for version in ("one", "two")}

    def play(self, scenario: Scenario) -> Played:
        """Plays the scenario to its end and judges what was left."""
        begun, played = time.monotonic(), Played(scenario)
        name = f"soak-{scenario.seed}-{time.time_ns() % 1_000_000}"
        scene = self.witness.scenes[name] = Scene(scenario.order)
        for deployment in scenario.deployments[:-1]:
            self._deploy(self._job(name, deployment), deployment, played)
        last = scenario.deployments[-1]
        job = self._job(name, last)
        end, until = self._deploy(job, last, played), time.monotonic() + AFTERWARDS_SECONDS
        while end in AGAIN and time.monotonic() < until:
            steps = [step | {"timeout": PATIENT_TIMEOUT} for step in job["steps"]]  # a busy machine may need longer
            end = self._deploy(job | {"steps": steps}, last, played)
        if end != 0:
            played.wrong.append(f"the undisturbed deployment ended as {NAMES.get(end, end)}")
        evidence = self._evidence(name, scene, job)
        played.tasks = len(evidence.tasks)
        played.wrong += judge(evidence)
        played.seconds = time.monotonic() - begun
        return played

    def job(self, name: str, steps: list[dict[str, Any]], version: str = "one") -> dict[str, Any]:
        """What a deployer is to do, in records and a family of its own."""
        return {
            "operator": False,
            "foreign": FOREIGN_SECONDS,
            "image": self.images[version],
            "steps": steps,
            "cluster": self.cloud.cluster,
            "taskDefinition": self.cloud.task_definition(self.images[version], family=name, stopTimeout=2),
            "records": f"/sluice/{name}/soak/runs",
            "region": "us-east-1",
            "author": "soak",
        }

    def _job(self, name: str, deployment: Deployment) -> dict[str, Any]:
        version = deployment.version
        job = self.job(name, [self._step(name, version, step, shards) for step, shards in SHARDS.items()], version)
        return job | {"rival": [self._step(name, OPERATOR, OPERATOR, 1) | {"attempts": 1}]}

    def _step(self, name: str, version: str, step: str, shards: int) -> dict[str, Any]:
        command = self.witness.command(name, version, step)
        return {"name": step, "command": command, "shards": shards, "timeout": TIMEOUT}

    def _deploy(self, job: dict[str, Any], deployment: Deployment, played: Played) -> int:
        """One deployer to its end, and its rival's. Returns the deployer's exit code."""
        rival = deployment.rival
        with ThreadPoolExecutor(1) as beside:
            other = None
            if rival is not None:
                own = job | {"operator": True, "steps": job["rival"], "author": OPERATOR}
                other = beside.submit(self._process, own, rival, played, max(0.0, deployment.rival_after))
            code = self._process(job, deployment, played, max(0.0, -deployment.rival_after))
            end = NAMES.get(code, f"exit code {code}")
            if other is not None:
                end += f" ({OPERATOR}: {NAMES.get(other.result(), other.result())})"
        played.ends.append(end)
        return code

    def _process(self, job: dict[str, Any], deployment: Deployment, played: Played, delay: float = 0.0) -> int:
        """One process to its end, with what troubles it. Returns its exit code."""
        time.sleep(delay)  # the seed's own moment
        env = os.environ | {
            "AWS_ACCESS_KEY_ID": self.cloud.cloud.account,
            "AWS_SECRET_ACCESS_KEY": self.cloud.cloud.secret(),
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        env.pop("AWS_PROFILE", None)
        interference = Interference(self.cloud.cloud.endpoint, deployment.troubles)
        words = [sys.executable, "-m", "tests.soak.deployer", json.dumps(job | {"endpoint": interference.endpoint})]
        process = subprocess.Popen(
            words, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        interference.kill = process.kill
        interference.interrupt = lambda: process.send_signal(signal.SIGINT)
        timer = threading.Timer(deployment.killed_after or DEPLOYER_SECONDS, process.kill)
        timer.start()
        try:
            output, _ = process.communicate(timeout=DEPLOYER_SECONDS + 10)
        finally:
            timer.cancel()
            process.kill()
            interference.end()
        played.output.append(f"-- {deployment}\n{output}")
        played.met += [trouble.what for trouble in interference.met]
        code = process.returncode
        meant = deployment.killed_after or any("kill" in trouble.what for trouble in interference.met)
        if code not in NAMES or (code == -signal.SIGKILL and not meant):
            played.wrong.append(f"a deployer ended with {code}:\n{output}")
        return code

    def _evidence(self, name: str, scene: Scene, job: dict[str, Any]) -> Evidence:
        cloud = self.cloud
        arns = [
            arn
            for desired in ("RUNNING", "STOPPED")
            for page in cloud.ecs.get_paginator("list_tasks").paginate(
                cluster=cloud.cluster, family=name, desiredStatus=desired
            )
            for arn in page["taskArns"]
        ]
        tasks = cloud.ecs.describe_tasks(cluster=cloud.cluster, tasks=arns)["tasks"] if arns else []
        records = Records(cloud.ssm, job["records"])
        runs = [records.with_steps(run) for run in records.all()]
        return Evidence(job, runs, tasks, scene.visits, scene.overlaps)


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """A stage on an emulator of its own, which is stopped in the end."""
    made = emulator.start(folder, None, new_account(), python=cloud_python())
    try:
        yield Stage(made)
    finally:
        emulator.stop(folder)
