"""What every answer tells a browser: how little it may do with it.

Source: "HTTP Security Response Headers Cheat Sheet" (OWASP).
"""

import base64
import hashlib
import re
from pathlib import Path

_STYLE = re.search(
    r"<style>(.*?)</style>", (Path(__file__).parent / "page.html").read_text(encoding="utf-8"), re.DOTALL
)
_HASH = base64.b64encode(hashlib.sha256((_STYLE[1] if _STYLE else "").encode()).digest()).decode()

SECURITY = {
    # Nothing is loaded but the page's own style, known by its hash; and no other page may frame it.
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    # Over plain HTTP browsers ignore it.
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""By name. What the application answers itself under one of these names stays."""
