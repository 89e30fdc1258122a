"""Benchmarks print what they measured; run them with `python3 dev.py bench`."""

import sys
from pathlib import Path

# The suite is imported without packages; this is how its own helper is found.
sys.path.insert(0, str(Path(__file__).parent))
