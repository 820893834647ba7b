"""Where a process accepts connections, as the kernel says."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path


def listening(pid: int) -> set[str]:
    """The addresses on which a process accepts TCP connections."""
    inodes = set()
    for descriptor in os.listdir(f"/proc/{pid}/fd"):
        try:
            inodes.add(os.readlink(f"/proc/{pid}/fd/{descriptor}"))
        except FileNotFoundError:
            continue  # closed meanwhile
    found = set()
    for table in ("tcp", "tcp6"):
        for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = row.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                found.add(address(fields[1]))
    return found


def address(text: str) -> str:
    """`0100007F:1F90` as /proc/net/tcp has it: words of four bytes in the machine's order, here a little-endian one."""
    packed = bytes.fromhex(text.partition(":")[0])
    words = b"".join(packed[at : at + 4][::-1] for at in range(0, len(packed), 4))
    found = ipaddress.ip_address(words)
    return str(getattr(found, "ipv4_mapped", None) or found)
