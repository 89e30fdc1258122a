"""The cases and their runner stand beside the tests and are found from here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
