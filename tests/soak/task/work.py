"""A migration that works as long as the witness tells it, and ends as it is told."""

import json
import os
import signal
import socket
import sys
import time


def main() -> None:
    scenario, version, step, host, port = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
    line = socket.create_connection((host, int(port)), 10).makefile("rw")
    shard, container = int(os.environ.get("SHARD_INDEX", "0")), socket.gethostname()
    hello = {"scenario": scenario, "version": version, "step": step, "shard": shard, "container": container}
    print(json.dumps(hello), file=line, flush=True)
    order = json.loads(line.readline())
    print("version", version, "step", step, "works for", order["seconds"], "s", flush=True)
    time.sleep(order["seconds"])  # the work
    print(json.dumps({"exit": order["exit"]}), file=line, flush=True)
    sys.exit(order["exit"])


if __name__ == "__main__":
    main()
