"""How DICOM pixels may be stored, and which ways can be read."""

from viewer.dicom.headers import DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE

JPEG_LOSSLESS = frozenset({"1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"})
JPEG_LS = frozenset({"1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"})
JPEG_2000 = frozenset(
    {
        *("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"),
        *("1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203"),
    }
)
RLE = "1.2.840.10008.1.2.5"
LOSSY_SYNTAXES = frozenset(
    {
        *("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.81"),
        *("1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.203"),
    }
)
COMPRESSED = frozenset({RLE, *JPEG_LS, *JPEG_2000, *JPEG_LOSSLESS})
READABLE_SYNTAXES = frozenset(
    {IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED, *COMPRESSED}
)


def syntax_name(uid: str) -> str:
    """A transfer syntax as people know it, with its UID."""
    from pydicom.uid import UID

    name = UID(uid).name
    return f"{name} ({uid})" if name != uid else f"an unknown transfer syntax ({uid})"
