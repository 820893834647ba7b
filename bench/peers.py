"""The measured tools: for each, the command that does the work as its users write it."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.stage import CLUSTER, CONTAINER, GROUP, SECURITY_GROUP, SUBNET

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv-bench" / "bin"
NETWORK = f"awsvpcConfiguration={{subnets=[{SUBNET}],securityGroups=[{SECURITY_GROUP}],assignPublicIp=ENABLED}}"

_AFTER = """
aws ecs wait tasks-stopped --cluster "$CLUSTER" --tasks "$task"
code=$(aws ecs describe-tasks --cluster "$CLUSTER" --tasks "$task" \
  --query 'tasks[0].containers[0].exitCode' --output text)
aws logs get-log-events --log-group-name "$GROUP" --log-stream-name "bench/$CONTAINER/${task##*/}" \
  --start-from-head --query 'events[].[message]' --output text || echo "no log"
echo "exit code: $code"
[ "$code" = 0 ]
"""
_CLI = f"""set -eu
task=$(aws ecs run-task --cluster "$CLUSTER" --task-definition "$1" --launch-type FARGATE \
  --network-configuration '{NETWORK}' --query 'tasks[0].taskArn' --output text)
{_AFTER}"""
_ECS_RUN = (
    f'ecs run "$CLUSTER" "$1" --launchtype FARGATE --subnet {SUBNET} --securitygroup {SECURITY_GROUP} --public-ip'
)
_ECS_AND_CLI = f"""set -eu
told=$({_ECS_RUN} --no-diff)
echo "$told"
task=$(echo "$told" | sed -n 's/^- //p')
{_AFTER}"""
_CLI_ROLLOUT = """set -eu
aws ecs update-service --cluster "$CLUSTER" --service "$1" --task-definition "$2" --query service.serviceName
aws ecs wait services-stable --cluster "$CLUSTER" --services "$1"
echo "deployed"
"""
_ECS_DEPLOY = 'exec ecs deploy "$CLUSTER" "$1" --task "$2" --no-deregister --timeout 300 --sleep-time 1'

VARIABLES = {"CLUSTER": CLUSTER, "CONTAINER": CONTAINER, "GROUP": GROUP}


@dataclass(frozen=True)
class Tool:
    """A tool and the words that start it; the arguments of a run come after them. *waits*: for the task's end."""

    name: str
    words: tuple[str, ...]
    waits: bool = True


def _shell(text: str) -> tuple[str, ...]:
    return ("bash", "-c", text, "bench")


TASK_TOOLS = (
    Tool("AWS CLI script", _shell(_CLI)),
    Tool("ecs-deploy", _shell("exec " + _ECS_RUN), waits=False),
    Tool("ecs-deploy + AWS CLI", _shell(_ECS_AND_CLI)),
    Tool("Sluice", (sys.executable, "-m", "bench.gate", "task")),
)
ROLLOUT_TOOLS = (
    Tool("AWS CLI", _shell(_CLI_ROLLOUT)),
    Tool("ecs-deploy", _shell(_ECS_DEPLOY)),
    Tool("Sluice", (sys.executable, "-m", "bench.gate", "rollout")),
)


def arguments(*words: str, command: list[str] | None = None) -> list[str]:
    """A run's arguments; the command is the gate's alone: the others take it from the task definition."""
    return [*words, json.dumps(command)] if command is not None else list(words)
