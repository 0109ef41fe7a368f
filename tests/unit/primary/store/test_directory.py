import pytest

from primary.errors import NotFoundError, SiteRevokedError
from primary.store.directory import APPROVED, FENCED, REVOKED, Directory
from replication.schema.directory import sites


async def test_each_commit_is_told_and_reads_are_not(directory: Directory) -> None:
    told: list[str] = []
    directory.on_commit = lambda: told.append("commit")

    await directory.put_site("rome", "Rome")
    directory.sites()
    await directory.beat()

    assert told == ["commit"]


async def test_a_commit_that_failed_is_not_told(directory: Directory) -> None:
    told: list[str] = []
    directory.on_commit = lambda: told.append("commit")

    with pytest.raises(NotFoundError):
        await directory.new_epoch("nowhere")

    assert told == []


async def test_a_new_epoch_is_one_higher_each_time(directory: Directory) -> None:
    assert [await directory.new_epoch("oslo") for _ in range(3)] == [1, 2, 3]
    site = directory.site("oslo")
    assert site is not None
    assert site.epoch == 3


async def test_a_new_title_leaves_epoch_and_state_alone(directory: Directory) -> None:
    await directory.new_epoch("oslo")
    await directory.fence("oslo", "cloned")

    await directory.put_site("oslo", "Oslo harbour")

    site = directory.site("oslo")
    assert site is not None
    assert (site.title, site.epoch, site.state) == ("Oslo harbour", 1, FENCED)


async def test_the_first_reason_of_a_fence_stays(directory: Directory) -> None:
    await directory.fence("oslo", "cloned")
    await directory.fence("oslo", "cloned again")

    site = directory.site("oslo")
    assert site is not None
    assert site.state_reason == "cloned"


async def test_joining_anew_ends_a_fence_but_not_a_revocation(directory: Directory) -> None:
    await directory.fence("oslo", "cloned")
    revoke = sites.update().where(sites.c.site_name == "lima").values(state=REVOKED)
    await directory.write(lambda connection: connection.execute(revoke))

    await directory.new_epoch("oslo")
    with pytest.raises(SiteRevokedError):
        await directory.new_epoch("lima")

    assert [site.state for site in directory.sites()] == [REVOKED, APPROVED]


def test_who_is_not_there_is_none(directory: Directory) -> None:
    assert directory.site("rome") is None
    assert directory.balance_micros("user:nobody") is None
    assert directory.watermark("rome", 1).seq == 0
    assert directory.known_payers(["user:ada", "user:nobody"]) == {"user:ada"}
    assert directory.known_payers([]) == frozenset()
