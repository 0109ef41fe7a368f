"""Who may come in over the link: the site that its certificate names, on the disk that it had."""

from primary.service.ingest import Ingest
from primary.service.standing import objection
from primary.service.watch_starts import WatchStarts
from primary.store import restores
from primary.store.directory import Directory
from replication.messages import Hello
from replication.versions import VERSIONS, no_shared


class Entrance:
    """Looks at one caller. What only a person can heal fences the site."""

    versions: tuple[int, ...] = VERSIONS
    """Of the protocol that are spoken here."""

    def __init__(
        self,
        directory: Directory,
        ingest: Ingest,
        starts: WatchStarts,
        *,
        site_name: str,
        epoch: int,
    ) -> None:
        self._directory = directory
        self._ingest = ingest
        self._starts = starts
        self._site_name = site_name
        self._epoch = epoch

    async def refusal_of(self, hello: Hello) -> str:
        """Why this site must not come in; '' where it may."""
        if (hello.site_name, hello.epoch) != (self._site_name, self._epoch):
            return (
                f"This is the certificate of site {self._site_name}, epoch {self._epoch}, and not "
                f"of site {hello.site_name}, epoch {hello.epoch}. Join again with a new token."
            )
        if hello.protocol not in self.versions:
            return no_shared([hello.protocol], self.versions)
        refusal = self.objection() or await self._rolled_back(hello) or await self._cloned(hello)
        # Once more: nobody may come in who was revoked while that was looked up.
        return refusal or self.objection()

    async def learn_epoch(self) -> None:
        """A directory that came back from a backup may not know that this epoch was given out."""
        name, epoch = self._site_name, self._epoch
        site = self._directory.site(name)
        if site is not None and site.epoch < epoch:
            await self._directory.write(lambda db: restores.learn_epoch(db, name, epoch))

    async def turned_up(self) -> None:
        """A site of ours that a restored directory does not know may hold allowances, too."""
        name = self._site_name
        if self._directory.site(name) is None and self._directory.was_restored:
            await self._directory.write(lambda db: restores.put_unheard(db, name))

    def objection(self) -> str:
        """Why nothing more may be exchanged with this site; '' where it may."""
        site = self._directory.site(self._site_name)
        return objection(site, site_name=self._site_name, epoch=self._epoch)

    async def _rolled_back(self, hello: Hello) -> str:
        """A journal that ends before what it once sent has lost its end; no retry heals that."""
        head = await self._ingest.head(self._site_name, self._epoch)
        if hello.journal_seq >= head.seq:
            return ""
        reason = (
            f"The journal of site {self._site_name}, epoch {self._epoch}, ends with entry "
            f"{hello.journal_seq}, but headquarters has {head.seq} of it: the site's disk was "
            "rolled back. Join it again with a new token."
        )
        await self._directory.fence(self._site_name, reason)
        return reason

    async def _cloned(self, hello: Hello) -> str:
        """A start that does not come after the newest one is of another copy of the disk."""
        reason = await self._starts.objection(hello)
        if reason:
            await self._directory.fence(self._site_name, reason)
        return reason
