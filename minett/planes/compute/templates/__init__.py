"""Programs that run inside the sandbox, shipped as files. Nothing here is imported by the house but the paths."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
NAMES = ("train_classifier", "evaluate_classifier", "sandbox_canary")


def template_path(name: str) -> Path:
    """Return the file of a template. Raises KeyError for a name that is not in NAMES."""
    if name not in NAMES:
        raise KeyError(name)
    return FOLDER / f"{name}.py"
