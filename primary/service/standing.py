"""What headquarters has against a site, if anything."""

from primary.store.directory import APPROVED, Site


def objection(site: Site | None, *, site_name: str, epoch: int) -> str:
    """Why the holder of this site's certificate may not come in, for a person; '' where it may.

    An epoch newer than the directory's is let in: the directory came back from a backup then.
    """
    if site is None:
        return f"Headquarters knows no site {site_name!r}."
    if site.state != APPROVED:
        return site.state_reason or f"Site {site_name} is {site.state}."
    if epoch < site.epoch:
        return (
            f"Site {site_name} was installed anew with epoch {site.epoch}; this is the old "
            f"installation, epoch {epoch}. Switch it off, or join it again."
        )
    return ""
