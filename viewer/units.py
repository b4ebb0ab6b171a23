"""Numbers as people read them; inside, everything is millimeter-gram-second."""


def seconds_text(seconds: float) -> str:
    """A duration in the largest unit that keeps it readable ("42 s", "3 min 20 s", "1 h 5 min")."""
    whole = round(seconds)
    if whole < 1:
        return "under 1 s"
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def bytes_text(size: float) -> str:
    """A memory or file size in powers of ten ("640 MB", "3.1 GB")."""
    if size >= 1e9:
        return f"{size / 1e9:.1f} GB"
    if size >= 1e6:
        return f"{size / 1e6:.0f} MB"
    return f"{size / 1e3:.0f} kB"
