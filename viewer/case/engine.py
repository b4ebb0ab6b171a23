"""Which networks help with a case, and what is done and said where none can."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np

from viewer.case.options import SegmentOptions
from viewer.enhance.suitability import Suitability
from viewer.errors import Notice, Severity, ViewerError
from viewer.networks import device as devices
from viewer.networks.forecast import plan_run
from viewer.networks.network import Network, network
from viewer.networks.plan import CONTEXT, FINE
from viewer.networks.registry import models, models_folder
from viewer.progress import Cancelled, Progress
from viewer.segment import vessels
from viewer.segment.evidence import Found
from viewer.segment.vessels import DRAFT_OVERLAP, FINAL_OVERLAP, Networks
from viewer.units import bytes_text, seconds_text
from viewer.volume.volume import Volume

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Engine:
    """The networks to ask, None for rules alone, and why it is so.

    `checksums` maps each network's name to the SHA-256 of its weights; `device` runs them.
    """

    networks: Networks | None = None
    checksums: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    device: str = ""
    notices: tuple[Notice, ...] = ()


def engine_for(options: SegmentOptions) -> Engine:
    """The engine that was asked for; rules with a notice where no network can be trusted or run.

    Raises `ViewerError` only for a device that is not on this machine.
    """
    if options.engine == "rules":
        return Engine()
    folder = models_folder()
    try:
        names = {card.name for card in models(folder)} if folder is not None else set()
    except ViewerError as error:
        return _refused(error)
    if CONTEXT.name not in names:
        return _by_rules("No networks come with this program", "info")
    device = devices.choose(devices.DEVICES[options.device])
    try:
        context = _opened(CONTEXT.name, device, folder)
    except ViewerError as error:
        return _refused(error)
    fine, notices = None, tuple[Notice, ...]()
    if FINE.name in names:
        try:
            fine = _opened(FINE.name, device, folder)
        except ViewerError as error:
            notices = (_fine_refused(error),)
    overlap = DRAFT_OVERLAP if options.mode == "draft" else FINAL_OVERLAP
    networks = Networks(context, fine, overlap)
    checksums = {each.card.name: each.checksum for each in networks.asked}
    return Engine(networks, MappingProxyType(checksums), device.name, notices)


def seek_vessels(
    engine: Engine,
    scan: Volume,
    suitability: Suitability,
    progress: Progress,
    *,
    sensitivity: float = 0.5,
    block_mm: float = vessels.FINAL_MM,
) -> tuple[Found, Engine]:
    """The vessels of a scan, and the engine that found them in the end.

    Networks that fail on the way leave the work to the rules, with a notice. Raises what
    `find_vessels` raises by rules alone.
    """
    if engine.networks is not None:
        try:
            progress.at(0.0, expected(engine.networks, scan))
            found = vessels.find_vessels(
                scan,
                suitability,
                progress,
                sensitivity=sensitivity,
                networks=engine.networks,
                block_mm=block_mm,
            )
        except Cancelled:
            raise
        except Exception as error:
            log.warning("The networks failed on the way", exc_info=error)
            engine = _failed(error)
        else:
            return found, engine
        network.cache_clear()  # frees their memory, and opens them afresh the next time
        progress.at(0.0, "The networks failed: finding the vessels by rules")
    found = vessels.find_vessels(
        scan, suitability, progress, sensitivity=sensitivity, block_mm=block_mm
    )
    return found, engine


def expected(networks: Networks, scan: Volume) -> str:
    """How long the network of the whole body will take at most and with how much memory.

    Reckoned before anything is run, from the size of the scan, the speed here and what is free.
    """
    asked = networks.context
    size_mm = np.multiply(scan.grid.shape, scan.grid.spacing_mm)
    everywhere = np.ones(np.ceil(size_mm / asked.plan.spacing_mm).astype(int), bool)
    speed = asked.voxels_per_second
    run = plan_run(
        everywhere,
        asked.plan,
        asked.device,
        overlap=networks.overlap,
        voxels_per_second=speed,
    )
    cost = f"{seconds_text(run.seconds)} and {bytes_text(run.bytes)} at most"
    return f"Finding the vessels; the network {asked.card.name} takes {cost}"


def _opened(name: str, device: devices.Device, folder: Path | None) -> Network:
    """A network that can be asked; raises `ViewerError` for every reason why not."""
    try:
        found = network(name, device, folder)
        _ = found.session
    except (ImportError, OSError, RuntimeError, MemoryError) as error:
        raise ViewerError(f"{name} cannot run here: {type(error).__name__}") from error
    return found


def _by_rules(why: str, severity: Severity) -> Engine:
    text = f"{why}; the vessels were found by rules on brightness and shape."
    return Engine(notices=(Notice("without networks", severity, text),))


def _refused(error: ViewerError) -> Engine:
    return _by_rules(f"The networks were refused ({_clause(error)})", "warning")


def _failed(error: Exception) -> Engine:
    if isinstance(error, ViewerError):
        why = _clause(error)
    elif isinstance(error, MemoryError) or "memory" in str(error).lower():
        why = "out of memory"
    else:
        why = type(error).__name__
    return _by_rules(f"The networks failed on the way ({why})", "warning")


def _fine_refused(error: ViewerError) -> Notice:
    text = f"The network for thin vessels was refused ({_clause(error)}); it was left out."
    return Notice("without networks", "warning", text)


def _clause(error: ViewerError) -> str:
    """The first part of a sentence, for the middle of another."""
    return str(error).split(";")[0].split(". ")[0].rstrip(".")
