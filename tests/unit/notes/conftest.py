"""The example is no package of ours: its source is put on the path, as its image does it."""

import sys
from pathlib import Path

SOURCE = Path(__file__).parents[3] / "examples" / "notes" / "src"
sys.path.insert(0, str(SOURCE))
