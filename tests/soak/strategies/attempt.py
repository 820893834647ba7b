"""What a seed decides: which version is deployed how, when its deployer is killed, and what is deployed then. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

START = ""
"""The moment at which `pulumi up` starts."""
SAYS_STARTED = "deployment ecs-svc/"
"""In the line that names the deployment, started by this deployer or by the one before."""
SAYS_PROVEN = "is proven on test traffic"
CANARY_SHARE = "20 % of users' traffic goes to"
EVERY_USER = "100 % of users' traffic goes to"
BEFORE = (START, "admission: ", "schema: exit code 0", SAYS_STARTED, SAYS_STARTED)
"""Lines of `pulumi up` after which the deployer is killed, before users reach the version."""
AFTER = {"canary": (SAYS_PROVEN, CANARY_SHARE, CANARY_SHARE, EVERY_USER), "guarded": (SAYS_PROVEN, EVERY_USER)}
"""The same, from the proof on."""
UNSURE = ("admission: ", "schema: exit code 0")
"""Lines that another `pulumi up` of the same version need not print."""
FAULTS = ("503", "body", "version")
"""What the proof sees: an answer 503, a wrong answer, another version's header."""
MOST_KILLS = 3
"""Of deployers of the same version, one after the other."""
LONGEST = {START: 6.0, SAYS_STARTED: 4.0}
"""Seconds after such a line, at most; after the others two."""


@dataclass(frozen=True)
class Kill:
    """The end of one deployer.

    Attributes:
        line: of its output, after which it is killed; empty: after its start.
        later: seconds after that line.
    """

    line: str
    later: float

    def __str__(self) -> str:
        return f"{self.later:.1f} s after {self.line.strip() or 'the start'!r}"


@dataclass(frozen=True)
class Attempt:
    """One seed.

    Attributes:
        strategy: a key of stack.STRATEGIES.
        fault: of the version whose deployer is killed; empty: a good one.
        kills: one after the other, of the deployers of that version.
        corrected: whether the last `pulumi up` deploys another version, which is good.
    """

    seed: int
    strategy: str
    fault: str
    kills: tuple[Kill, ...]
    corrected: bool

    def __str__(self) -> str:
        version = f"bad version ({self.fault})" if self.fault else "good version"
        then = "then a newer version" if self.corrected else "then the same"
        return f"{self.strategy}, {version}, killed {'; again '.join(map(str, self.kills))}; {then}"


def attempt(seed: int) -> Attempt:
    """Return what a seed decides. Every fifth deploys with blue/green and the guard, the others as canaries."""
    chance = Random(seed)  # noqa: S311 - reproducible on purpose
    strategy = "canary" if seed % 5 else "guarded"
    fault = chance.choice(FAULTS) if chance.random() < 0.2 else ""
    lines = BEFORE if fault else BEFORE + AFTER[strategy]
    kills = [_kill(chance, lines)]
    while len(kills) < MOST_KILLS and chance.random() < 0.5:
        kills.append(_kill(chance, tuple(line for line in lines if line not in UNSURE)))
    return Attempt(seed, strategy, fault, tuple(kills), chance.random() < 0.25)


def _kill(chance: Random, lines: tuple[str, ...]) -> Kill:
    line = chance.choice(lines)
    return Kill(line, round(chance.uniform(0.0, LONGEST.get(line, 2.0)), 1))
