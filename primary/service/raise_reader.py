"""The step from *expanded* to *contracted*: from now on the directory needs newer readers.

A new version of headquarters adds to the schema and goes on serving what older sites read. Once all
sites are upgraded a person has the old part given up, by raising `min_reader`. Whoever cannot read
that version freezes its replica in the transaction before. So it is refused while a site is known,
or may be feared, to be older, unless the person says that they know.
"""

from dataclasses import dataclass

from primary.errors import ConflictError
from primary.service.site_says import SiteSays
from primary.store.directory import APPROVED, Directory
from primary.store.readers import min_reader, raise_min_reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """What is written, what is asked for, and which approved sites are not known to read it."""

    writes: int
    min_reader: int
    older_sites: tuple[str, ...]
    """That read less than `writes`, or have not said what they read since headquarters started."""


def readers(directory: Directory, site_says: SiteSays, writes: int) -> Readers:
    """How things stand."""
    with directory.read() as connection:
        asked = min_reader(connection)
    older = _older(directory, site_says, writes)
    return Readers(writes=writes, min_reader=asked, older_sites=older)


async def raise_reader(
    directory: Directory, site_says: SiteSays, writes: int, wanted: int, *, freeze: bool
) -> Readers:
    """Raise `min_reader` to `wanted`; `freeze`: also where that freezes a site.

    Errors: `ConflictError`; nothing was changed.
    """
    now = readers(directory, site_says, writes)
    if not now.min_reader <= wanted <= writes:
        raise ConflictError(
            f"min_reader is {now.min_reader} and this version of headquarters writes {writes}: "
            "it may be raised up to that, and never lowered. Nothing was changed."
        )
    older = _older(directory, site_says, wanted)
    if older and not freeze:
        raise ConflictError(
            f"Not known to read version {wanted}: {', '.join(older)}. Their replicas would freeze. "
            "Upgrade them and let them connect, or say --freeze. Nothing was changed."
        )
    await directory.write(lambda connection: raise_min_reader(connection, wanted))
    return readers(directory, site_says, writes)


def _older(directory: Directory, site_says: SiteSays, wanted: int) -> tuple[str, ...]:
    names = (site.site_name for site in directory.sites() if site.state == APPROVED and site.epoch)
    return tuple(name for name in names if _reads(site_says, name) < wanted)


def _reads(site_says: SiteSays, site_name: str) -> int:
    said = site_says.of(site_name)
    return 0 if said is None else said.reader or 0
