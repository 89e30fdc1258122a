"""`promptlib local`: the model that runs in this process."""

from __future__ import annotations

from pathlib import Path

from promptlib.cli._commands import Commands

command = Commands(
    name="local",
    package="promptlib.cli.local",
    folder=Path(__file__).parent,
    help="The model in this process, local/smollm2.",
    examples=("promptlib local install", "promptlib local status"),
)
