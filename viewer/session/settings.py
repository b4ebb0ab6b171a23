"""What a person set for all cases: one frozen dataclass kept as TOML."""

import contextlib
import os
import tempfile
import tomllib
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import platformdirs

FORMAT = 1
RECENT = 12


@dataclass(frozen=True)
class Settings:
    """Kept between sessions; unknown or broken entries in the file fall back to these."""

    text_size: int = 10
    recent: tuple[str, ...] = ()
    run_after_open: bool = False
    crosshair: bool = True
    corners: bool = True
    mask_fill: float = 0.25
    mask_outline: bool = True
    shortcuts: dict[str, str] = field(default_factory=dict)
    window_geometry: str = ""
    synthetic: dict[str, str] = field(default_factory=dict)

    def opened(self, path: Path) -> "Settings":
        """With this path as the most recent one."""
        name = str(path)
        others = tuple(each for each in self.recent if each != name)
        return replace(self, recent=(name, *others)[:RECENT])


def settings_path() -> Path:
    """Where the settings are kept on this machine."""
    return Path(platformdirs.user_config_dir("angioscape", appauthor=False)) / "settings.toml"


def load_settings(path: Path) -> Settings:
    """The settings in a file; what is missing, broken or of another type is the default."""
    try:
        stored = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Settings()
    default = Settings()
    taken: dict[str, Any] = {}
    for each in fields(Settings):
        value = _fitting(stored.get(each.name), getattr(default, each.name))
        if value is not None:
            taken[each.name] = value
    return replace(default, **taken)


def _fitting(value: Any, default: Any) -> Any:
    if isinstance(default, tuple) and isinstance(value, list):
        return tuple(str(each) for each in value)
    if isinstance(default, dict) and isinstance(value, dict):
        return {str(name): str(each) for name, each in value.items()}
    if isinstance(default, float) and isinstance(value, int | float):
        return float(value)
    return value if type(value) is type(default) else None


def save_settings(settings: Settings, path: Path) -> None:
    """Write the settings in one stroke; a disk that refuses changes nothing."""
    import tomli_w

    plain = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(settings).items()
    }
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=".settings-")
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(tomli_w.dumps({"format": FORMAT, **plain}))
        Path(partial).replace(path)
