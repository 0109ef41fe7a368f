"""What headquarters has against a site, if anything."""

from primary.store.directory import APPROVED, FENCED, Site


def objection(site: Site | None, *, site_name: str, epoch: int) -> str:
    """Why the holder of this site's certificate may not come in, for a person; '' where it may.

    An epoch newer than the directory's is let in: the directory came back from a backup then. Also
    where it is fenced in that: a person has ended the fence by the token for the newer epoch. A
    revocation is a person's word, and stays until a person takes it back.
    """
    if site is None:
        return f"Headquarters knows no site {site_name!r}."
    if site.state == FENCED and 0 < site.epoch < epoch:
        return ""
    if site.state != APPROVED:
        return site.state_reason or f"Site {site_name} is {site.state}."
    if epoch < site.epoch:
        return (
            f"Site {site_name} was installed anew with epoch {site.epoch}; this is the old "
            f"installation, epoch {epoch}. Switch it off, or join it again."
        )
    return ""
