"""The networks that there are: a card for each, readable without torch, and their weights."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from viewer.errors import ViewerError
from viewer.networks.plan import CLASSES, Plan
from viewer.networks.sign import KEYS, MANIFEST, Listed, check_listed, signed_files
from viewer.networks.weights import Arrays, pack_weights, read_bytes, unpack_weights

NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}")


@dataclass(frozen=True)
class ModelCard:
    """What is to be known about a network before its answer is used.

    `softmax_temperature` makes its probabilities calibrated; `data` are the sources that it
    learned from; `training` (seed, minutes, curve ...) and `tables` (scores on held-out phantoms
    and real cases) hold numbers, texts, lists and nested tables. `trusted` is whether a key that
    the program knows has signed it; it is never read from the card itself.
    """

    name: str
    title: str
    plan: Plan
    made: str
    generator: str
    data: tuple[str, ...]
    license: str
    intended_use: str
    limits: str
    class_names: tuple[str, ...] = CLASSES
    softmax_temperature: float = 1.0
    training: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    tables: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    trusted: bool = False


@dataclass(frozen=True, eq=False)
class Weights:
    """A network's card and state dict (float32)."""

    card: ModelCard
    arrays: Arrays

    @property
    def plan(self) -> Plan:
        """What the network looks like."""
        return self.card.plan


def models_folder() -> Path | None:
    """Where the networks are that come with the program; None when there are none."""
    from viewer.resource import resource

    try:
        return resource("models")
    except ViewerError:
        return None


def models(folder: Path | None = None, keys: Iterable[str] = KEYS) -> list[ModelCard]:
    """The cards in a folder, or of the networks that come with the program; by name.

    Of the cards that are not as a known key signed them, `trusted` is False.
    """
    folder = folder or models_folder()
    if folder is None or not folder.is_dir():
        return []
    files = _known(folder, keys)
    paths = sorted(folder.glob("*.toml"))
    return [_card(path, files) for path in paths if NAME.fullmatch(path.stem)]


def open_weights(
    name: str,
    folder: Path | None = None,
    *,
    untrusted: bool = False,
    keys: Iterable[str] = KEYS,
) -> Weights:
    """A network by its name, from those that come with the program or from a folder.

    Only one that a known key signed is opened. With `untrusted` nothing of that is asked, and its
    card says `trusted` False. Nothing in a file is ever run. Raises `ViewerError` for a file that
    is unknown, unsigned, changed, cut short, pickled, misshapen, or holds no numbers.
    """
    folder = folder or models_folder()
    paths = [folder / f"{name}.toml", folder / f"{name}.safetensors"] if folder else []
    if not NAME.fullmatch(name) or not all(path.is_file() for path in paths) or not paths:
        raise ViewerError(
            f"There is no network called {name!r} here; none was opened. Ask for one of: "
            f"{', '.join(card.name for card in models(folder, keys)) or 'none'}."
        )
    content = read_bytes(paths[1])
    files = None if untrusted else signed_files(paths[0].parent, keys)
    if files is not None:
        check_listed(paths[1], content, files)
        check_listed(paths[0], paths[0].read_bytes(), files)
    card = _card(paths[0], files)
    return Weights(card, unpack_weights(card.plan, content, paths[1].name))


def save_weights(folder: Path, card: ModelCard, arrays: Arrays) -> Path:
    """Write a network beside its card, `<name>.safetensors` and `<name>.toml`; gives the former.

    `arrays` is the state dict as numpy arrays. It must be signed before it opens as trusted.
    """
    words = (card.title, card.made, card.generator, card.license, card.intended_use, card.limits)
    if not NAME.fullmatch(card.name) or not all(words) or not card.data:
        raise ViewerError("The network's card is not filled in; nothing was written, complete it.")
    if len(card.class_names) != card.plan.classes:
        raise ViewerError(
            f"The card names {len(card.class_names)} classes and the plan has {card.plan.classes}; "
            "nothing was written, name each class."
        )
    content = pack_weights(card.plan, arrays)
    text = card_text(card)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{card.name}.safetensors"
    _replace(path, content)
    _replace(path.with_suffix(".toml"), text.encode())
    return path


def card_text(card: ModelCard) -> str:
    """A card as TOML."""
    values = {
        name: getattr(card, name)
        for name in ModelCard.__dataclass_fields__
        if name not in ("plan", "trusted", "training", "tables")
    }
    nested = {"plan": card.plan.as_dict(), "training": card.training, "tables": card.tables}
    text = "\n".join(_toml({**values, **nested})) + "\n"
    tomllib.loads(text)
    return text


def _toml(values: Mapping[str, Any], prefix: str = "") -> list[str]:
    """TOML lines; a string or a list of JSON is one of TOML too."""
    flat = {key: value for key, value in values.items() if not isinstance(value, Mapping)}
    lines = [f"{json.dumps(k)} = {_leaf(v)}" for k, v in flat.items() if v is not None]
    for key, value in values.items():
        if isinstance(value, Mapping):
            title = f"{prefix}{json.dumps(key)}"
            lines += ["", f"[{title}]", *_toml(value, f"{title}.")]
    return lines


def _leaf(value: Any) -> str:
    plain = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
    return json.dumps(plain, ensure_ascii=False, allow_nan=False)


def _known(folder: Path, keys: Iterable[str]) -> Mapping[str, Listed] | None:
    if not (folder / MANIFEST).is_file():
        return None
    try:
        return signed_files(folder, keys)
    except ViewerError:
        return None


def _card(path: Path, files: Mapping[str, Listed] | None) -> ModelCard:
    """The card in a file; trusted when it is as signed."""
    try:
        content = path.read_bytes()
        values = tomllib.loads(content.decode())
        card = _card_of(values)
        if card.name != path.stem or len(card.class_names) != card.plan.classes:
            raise ValueError(card.name)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ViewerError(
            f"The card {path.name} cannot be read; its network was not opened. Install it again."
        ) from error
    return replace(card, trusted=(files or {}).get(path.name) == Listed.of(content))


def _card_of(values: dict[str, Any]) -> ModelCard:
    plan = Plan.from_dict(values.pop("plan"))
    sizes = (plan.inputs, plan.classes, plan.last, *plan.widths)
    if not all(isinstance(size, int) and 0 < size < 10_000 for size in sizes):
        raise ValueError(sizes)
    values.pop("trusted", None)
    for name in ("training", "tables"):
        values[name] = MappingProxyType(values.get(name, {}))
    for name in ("data", "class_names"):
        values[name] = tuple(str(each) for each in values[name])
    temperature = values["softmax_temperature"] = float(values["softmax_temperature"])
    if not 0.01 < temperature < 100:
        raise ValueError(temperature)
    return ModelCard(plan=plan, **values)


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(content)
    beside.replace(path)
