"""All attacks, by class, in the order of the table."""

from __future__ import annotations

from scripts.attacks import by_template, by_value
from scripts.attacks.attack import Attack

CLASSES: dict[str, tuple[Attack, ...]] = {
    "A template reaches for Python": by_template.REACHES,
    "A template stalls or fills the process": by_template.COSTS,
    "A value becomes structure": by_value.STRUCTURE,
    "A value is hidden from people": by_value.HIDDEN,
    "A wrong type becomes text": by_value.TYPES,
    "An object gets into the template": by_template.OBJECTS,
    "A template changes the caller's data": by_template.MUTATIONS,
    "What is missing goes unnoticed": by_template.MISSING,
}
