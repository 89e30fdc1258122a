"""The public face: which names there are, and that nothing else shows."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

import promptlib

_NAMES = [name for name in promptlib.__all__ if not name.startswith("__")]
_SOURCE = Path(promptlib.__file__)


def _type_checking_imports() -> dict[str, str]:
    """Name and home of everything that the TYPE_CHECKING block imports."""
    tree = ast.parse(_SOURCE.read_text(encoding="utf-8"))
    blocks = [node for node in tree.body if isinstance(node, ast.If)]
    assert len(blocks) == 1
    imports = [node for node in blocks[0].body if isinstance(node, ast.ImportFrom)]
    return {alias.name: node.module or "" for node in imports for alias in node.names}


def _modules() -> list[ModuleType]:
    found = pkgutil.walk_packages(promptlib.__path__, "promptlib.")
    return [importlib.import_module(info.name) for info in found if not info.name.endswith("__main__")]


def _public_functions(cls: type) -> list[str]:
    """Own methods and properties of a class that a user may call."""
    kinds = (property, classmethod, staticmethod)
    return [
        name
        for name, value in vars(cls).items()
        if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, kinds))
    ]


def test_all_is_sorted_and_without_doubles() -> None:
    """`__all__` is one sorted list."""
    assert promptlib.__all__ == sorted(set(promptlib.__all__))


@pytest.mark.parametrize("name", _NAMES)
def test_a_public_name_comes_from_the_home_that_the_table_names(name: str) -> None:
    """Each name is importable, and is the object that its home module holds."""
    home = importlib.import_module(promptlib._HOMES[name])
    assert getattr(promptlib, name) is getattr(home, name)


def test_the_lazy_table_and_the_type_checkers_see_the_same_names() -> None:
    """The table, the TYPE_CHECKING block and `__all__` agree."""
    assert _type_checking_imports() == promptlib._HOMES
    assert sorted(promptlib._HOMES) == _NAMES


def test_nothing_else_shows() -> None:
    """`dir(promptlib)` is `__all__`; what is not in it is no attribute unless a module or private."""
    assert dir(promptlib) == promptlib.__all__
    others = {name for name in vars(promptlib) if not name.startswith("_")} - set(promptlib.__all__)
    helpers = {"annotations", "import_module", "TYPE_CHECKING", "Any"}
    assert {name for name in others - helpers if not isinstance(vars(promptlib)[name], ModuleType)} == set()


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A typing mistake reads as Python's own."""
    with pytest.raises(AttributeError, match="module 'promptlib' has no attribute 'Registri'"):
        _ = promptlib.Registri


def test_the_version_is_that_of_the_distribution() -> None:
    """`__version__` is what is installed."""
    assert promptlib.__version__ == version("promptlib-kit")


@pytest.mark.parametrize("name", _NAMES)
def test_a_public_name_is_documented_with_its_methods(name: str) -> None:
    """Each public class, and each public method of its own, has a docstring written for it."""
    cls = getattr(promptlib, name)
    assert cls.__doc__
    # dataclasses write a signature where no docstring is.
    assert not cls.__doc__.startswith(f"{name}(")
    assert [found for found in _public_functions(cls) if not getattr(cls, found).__doc__] == []


def test_every_module_says_what_it_is_for() -> None:
    """Each module of the package begins with a docstring."""
    assert [module.__name__ for module in _modules() if not module.__doc__] == []


def test_every_listed_name_of_every_module_exists() -> None:
    """Where a module has an `__all__`, each name in it exists, once (ruff keeps it sorted)."""
    for module in _modules():
        listed = getattr(module, "__all__", [])
        assert len(listed) == len(set(listed)), module.__name__
        assert [name for name in listed if not hasattr(module, name)] == [], module.__name__
