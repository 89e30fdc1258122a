"""What users install: the wheel, built from the source distribution, in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.packaging

_ROOT = Path(__file__).resolve().parent.parent.parent

_GREET = """\
---
description: Greet somebody by name
model: echo/echo
inputs: {name: string}
---
{% system %}Be kind.{% endsystem %}
{% user %}Greet {{ name }}.{% enduser %}
"""

_QUICKSTART = """\
from promptlib import Client, Registry

prompts = Registry.open("templates")
prompt = prompts.render("greet", {"name": "Ada"})
assert [message.text for message in prompt.messages] == ["Be kind.", "Greet Ada."]
assert prompt.tokens().total > 0
with Client() as client:
    assert "Greet Ada." in client.send(prompt).text
print(prompt.ref)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """An environment that holds the wheel, and an empty folder of a project that uses it."""

    scripts: Path
    project: Path

    def run(self, program: str, *arguments: str) -> str:
        """What a program of the environment prints; it must end well."""
        # Nothing of this environment may help: neither its path, nor the source, nor a setting.
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PROMPTLIB"))
        }
        return _run(self.scripts / program, *arguments, cwd=self.project, env={**clean, "NO_COLOR": "1"})


def _run(*command: str | Path, **options: Any) -> str:
    done: subprocess.CompletedProcess[str] = subprocess.run(
        command, capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, made from an unpacked source distribution: so both hold all they need."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", folder, _ROOT], check=True, capture_output=True
    )
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A new environment with the wheel in it, and `promptlib init` run in a new folder."""
    home = tmp_path_factory.mktemp("clean")
    scripts = home / "venv" / ("Scripts" if os.name == "nt" else "bin")
    _run(sys.executable, "-m", "venv", "--without-pip", home / "venv")
    _run(sys.executable, "-m", "pip", "--python", scripts / "python", "install", "--quiet", wheel)
    (home / "project").mkdir()
    made = Installed(scripts=scripts, project=home / "project")
    made.run("promptlib", "init")
    return made


def _names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    """No tests, no docs, no tools: the package and its metadata."""
    tops = {name.split("/")[0] for name in _names(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"promptlib"}
    assert not any("test_" in name or "conftest" in name for name in _names(wheel))


def test_the_wheel_holds_every_source_file_and_the_type_marker(wheel: Path) -> None:
    """Each module of the package is in the wheel, and `py.typed`, so that users' checkers see types."""
    package = _ROOT / "promptlib"
    files = {f"promptlib/{path.relative_to(package).as_posix()}" for path in package.rglob("*.py")}
    assert files | {"promptlib/py.typed"} <= _names(wheel)


def test_the_wheel_holds_the_prompts_that_ship(wheel: Path) -> None:
    """Each file under `templates/` is at its place under `promptlib/_shipped/`."""
    shipped = _ROOT / "templates"
    files = {path.relative_to(shipped).as_posix() for path in shipped.rglob("*") if path.is_file()}
    assert files
    assert {f"promptlib/_shipped/{name}" for name in files} <= _names(wheel)


def test_the_metadata_asks_for_no_test_tools(wheel: Path) -> None:
    """What is installed without an extra has no use for pytest, and the licence is inside."""
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = HeaderParser().parsestr(archive.read(path).decode())
    base = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert base
    assert not any("pytest" in line or "hypothesis" in line for line in base)
    assert metadata["Name"] == "promptlib-kit"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert path.replace("METADATA", "licenses/LICENSE") in _names(wheel)


def test_the_installed_package_is_the_one_that_runs(installed: Installed) -> None:
    """The source is away: the package comes from the new environment."""
    place = installed.run("python", "-c", "import promptlib; print(promptlib.__file__)")
    assert Path(place.strip()).is_relative_to(installed.scripts.parent)


def test_init_makes_prompts_that_the_list_shows(installed: Installed) -> None:
    """`promptlib init`, then `promptlib list`: there is something to start from."""
    assert json.loads(installed.run("promptlib", "list", "--json"))


def test_the_quickstart_runs(installed: Installed) -> None:
    """Registry, render, count and send work with what the wheel installs."""
    (installed.project / "templates/greet.jinja").write_text(_GREET, encoding="utf-8")
    assert installed.run("python", "-c", _QUICKSTART).startswith("greet@draft sha256:")


def test_the_command_renders_what_the_library_renders(installed: Installed) -> None:
    """`promptlib render --json` gives the messages of the same prompt."""
    (installed.project / "templates/greet.jinja").write_text(_GREET, encoding="utf-8")
    printed = json.loads(installed.run("promptlib", "render", "greet", "--var", "name=Ada", "--json"))
    assert printed["messages"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Greet Ada."},
    ]
