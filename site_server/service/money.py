"""A payer's money at this site; `site_server.service.view` says why it is exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failure_modes.vocabulary import Micros

if TYPE_CHECKING:
    from collections.abc import Mapping

    from site_server.store.unit_of_work import SiteView


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """A payer's money, part by part."""

    replica_micros: Micros
    unmerged_micros: Micros
    reserved_micros: Micros

    @property
    def effective_micros(self) -> Micros:
        """What may be spent here and now."""
        return Micros(self.replica_micros + self.unmerged_micros - self.reserved_micros)

    @property
    def used_micros(self) -> Micros:
        """What was spent and set aside here, as far as headquarters' word does not hold it yet."""
        return Micros(self.reserved_micros - self.unmerged_micros)

    @property
    def spent_micros(self) -> Micros:
        """The same as no less than nothing.

        During an outage nothing is merged, so this is what the outage has cost so far, and what
        was still on its way when it began.
        """
        return Micros(max(self.used_micros, 0))


def balance_of(
    site: SiteView, payer: str, replica_micros: Micros, watermarks: Mapping[tuple[str, int], int]
) -> Balance:
    """The payer's money; the replica's part must have been read before `site`."""
    return Balance(
        replica_micros=replica_micros,
        unmerged_micros=site.unmerged_micros(payer, watermarks),
        reserved_micros=site.reserved_micros(payer),
    )
