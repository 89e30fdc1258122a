"""`python -m promptlib.cli` is `promptlib`."""

from __future__ import annotations

import sys

from promptlib.cli import main

sys.exit(main())
