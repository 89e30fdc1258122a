"""Where prompts are kept: references, and the registry that resolves and renders them."""

from promptlib.registry.registry import Registry

__all__ = ["Registry"]
