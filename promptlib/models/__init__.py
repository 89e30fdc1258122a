"""Facts about models, as dated data: windows, limits, tokenizers, capabilities and prices."""

from promptlib.models.catalog import find, lookup
from promptlib.models.model import Model, Prices, Tier

__all__ = ["Model", "Prices", "Tier", "find", "lookup"]
