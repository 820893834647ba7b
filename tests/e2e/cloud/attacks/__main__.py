"""`python -m tests.e2e.cloud.attacks CHECKOUT`: tries every attack on the local cloud of a checkout."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.e2e.cloud.attacks import ATTACKS, Target

_START = """
import json, sys
from pathlib import Path
from emulator.cloud import emulator
cloud = emulator.start(Path(sys.argv[1]), None, sys.argv[2])
secret = cloud.secret() if hasattr(cloud, "secret") else "local"
print(json.dumps([cloud.endpoint, cloud.registry, cloud.account, secret]))
"""
_STOP = "import sys; from pathlib import Path; from emulator.cloud import emulator; emulator.stop(Path(sys.argv[1]))"


def main() -> int:
    """Try every attack on the local cloud of the checkout that is named. Returns the number that succeeded."""
    checkout, succeeded = Path(sys.argv[1]).resolve(), 0
    with tempfile.TemporaryDirectory() as folder:

        def python(program: str, *words: str) -> str:
            command = [sys.executable, "-c", program, folder, *words]
            done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=120, check=False)
            assert done.returncode == 0, done.stderr
            return done.stdout

        try:
            target = Target(*json.loads(python(_START, "9" + str(time.time_ns())[-11:])))
            for name, attack in ATTACKS.items():
                achieved = attack(target)
                succeeded += achieved is not None
                print(f"{'SUCCEEDS' if achieved else 'held off'}  {name}" + (f": {achieved}" if achieved else ""))
        finally:
            python(_STOP)
    print(f"{succeeded} of {len(ATTACKS)} succeed")
    return succeeded


if __name__ == "__main__":
    sys.exit(min(main(), 100))
