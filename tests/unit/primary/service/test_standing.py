"""Which sites may come in."""

from primary.service.standing import objection
from primary.store.directory import Site


def site(**values: object) -> Site:
    good = {"site_name": "oslo", "title": "Oslo", "epoch": 2, "state": "approved"}
    return Site(**{**good, "state_reason": "", **values})  # type: ignore[arg-type]


def test_an_approved_site_of_the_newest_epoch_may_come_in() -> None:
    assert objection(site(), site_name="oslo", epoch=2) == ""


def test_a_site_newer_than_a_directory_from_a_backup_may_come_in() -> None:
    assert objection(site(epoch=1), site_name="oslo", epoch=2) == ""


def test_others_are_told_why_not() -> None:
    assert "no site 'oslo'" in objection(None, site_name="oslo", epoch=1)
    fenced = site(state="fenced", state_reason="cloned disk")
    assert objection(fenced, site_name="oslo", epoch=2) == "cloned disk"
    assert "revoked" in objection(site(state="revoked"), site_name="oslo", epoch=2)
    assert "installed anew with epoch 2" in objection(site(), site_name="oslo", epoch=1)


def test_a_fence_of_before_the_backup_does_not_bind_who_has_joined_since() -> None:
    fenced = site(state="fenced", state_reason="cloned disk")
    assert objection(fenced, site_name="oslo", epoch=3) == ""
    assert objection(fenced, site_name="oslo", epoch=1) == "cloned disk"


def test_a_revocation_binds_every_epoch() -> None:
    assert "revoked" in objection(site(state="revoked"), site_name="oslo", epoch=3)
