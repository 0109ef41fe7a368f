"""Promise 10: the checker sees whatever was read or written with papers that were not good."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chaos.checkers.nothing_without_certificate import nothing_without_certificate
from chaos.checkers.verdict import Validity
from chaos.history import Event, Fault, FaultKind, Operation, Outcome
from chaos.testing import WALL_MS, event, fault, told

UNTIL_WALL_MS = WALL_MS + 1_000_000
DAY_MS = 86_400_000
ADMITTED = event(Operation.ADMIT, at_ms=100, site_name="oslo", epoch=1)
REVOKED = event(Operation.REVOKE, at_ms=5_000, site_name="oslo")


def call(
    at_ms: int, *, papers: str = "site", path: str = "/v1/ltx/manifest", epoch: int = 1
) -> Event:
    """Somebody asked for that, and got it."""
    return event(
        Operation.CALL,
        at_ms=at_ms,
        papers=papers,
        site_name="oslo",
        epoch=epoch,
        until_wall_ms=UNTIL_WALL_MS,
        path=path,
        is_read=True,
    )


def link(at_ms: int, last_word_ms: int) -> Event:
    """A connection that began and was spoken to last then."""
    return event(
        Operation.LINK,
        at_ms=at_ms,
        papers="site",
        site_name="oslo",
        epoch=1,
        until_wall_ms=UNTIL_WALL_MS,
        last_word_ms=last_word_ms,
    )


def restored(at_ms: int, *, as_of_ms: int) -> Fault:
    return replace(fault(FaultKind.RESTORED, at_ms=at_ms), what=f"{as_of_ms} {at_ms}")


def test_a_site_that_was_admitted_may_read() -> None:
    verdict = nothing_without_certificate(told(ADMITTED, call(1_000), link(1_000, 4_000)))
    assert (verdict.promise, verdict.validity) == (10, Validity.VALID)


def test_nobody_who_called_proves_nothing() -> None:
    assert nothing_without_certificate(told(ADMITTED)).validity is Validity.UNKNOWN


@pytest.mark.parametrize("papers", ["none", "foreign"])
def test_whatever_is_read_with_papers_that_are_not_ours_is_seen(papers: str) -> None:
    verdict = nothing_without_certificate(told(ADMITTED, call(1_000, papers=papers)))
    assert verdict.validity is Validity.INVALID
    assert papers in verdict.findings[0]


def test_a_refused_call_reads_nothing() -> None:
    refused = replace(call(1_000, papers="none"), outcome=Outcome.REFUSED, facts={"papers": "none"})
    assert nothing_without_certificate(told(refused)).kept


def test_a_join_token_that_reads_the_directory_is_seen() -> None:
    assert not nothing_without_certificate(told(call(1_000, papers="join"))).kept
    assert nothing_without_certificate(told(call(1_000, papers="join", path="/v1/join"))).kept


def test_a_site_that_joins_with_its_own_certificate_is_seen() -> None:
    assert not nothing_without_certificate(told(ADMITTED, call(1_000, path="/v1/join"))).kept


def test_a_certificate_that_has_ended_opens_its_renewal_and_nothing_else() -> None:
    late_ms = 1_000_001
    assert not nothing_without_certificate(told(ADMITTED, call(late_ms))).kept
    assert nothing_without_certificate(told(ADMITTED, call(late_ms, path="/v1/renew"))).kept


def test_a_certificate_that_ended_half_a_year_ago_renewed_is_seen() -> None:
    late_ms = 1_000_001 + 180 * DAY_MS
    assert not nothing_without_certificate(told(ADMITTED, call(late_ms, path="/v1/renew"))).kept


def test_a_revoked_site_that_reads_on_is_seen() -> None:
    verdict = nothing_without_certificate(told(ADMITTED, REVOKED, call(5_001)))
    assert "the site was revoked" in verdict.findings[0]
    assert nothing_without_certificate(told(ADMITTED, call(4_999), REVOKED)).kept


def test_a_connection_over_which_a_revoked_site_hears_more_is_seen() -> None:
    assert not nothing_without_certificate(told(ADMITTED, REVOKED, link(1_000, 6_000))).kept
    assert nothing_without_certificate(told(ADMITTED, REVOKED, link(1_000, 4_000))).kept


def test_a_site_that_was_admitted_anew_reads_with_its_new_epoch_only() -> None:
    anew = event(Operation.ADMIT, at_ms=8_000, site_name="oslo", epoch=2)
    assert nothing_without_certificate(told(ADMITTED, REVOKED, anew, call(9_000, epoch=2))).kept
    assert not nothing_without_certificate(told(ADMITTED, REVOKED, anew, call(9_000))).kept


def test_entries_that_came_in_while_their_site_was_revoked_are_seen() -> None:
    shut_out = event(
        Operation.SHUT_OUT, at_ms=9_000, site_name="oslo", since_ms=5_000, before=7, after=8
    )
    called = call(1_000)
    verdict = nothing_without_certificate(told(ADMITTED, called, REVOKED, shut_out))
    assert verdict.findings == ("oslo handed in 1 entries while it was revoked",)


def test_a_restored_headquarters_has_forgotten_a_revocation_since_its_backup() -> None:
    forgot = restored(6_000, as_of_ms=4_000)
    assert nothing_without_certificate(told(ADMITTED, REVOKED, forgot, call(7_000))).kept
    assert not nothing_without_certificate(told(ADMITTED, REVOKED, call(5_500), forgot)).kept


def test_a_restored_headquarters_knows_a_revocation_that_is_in_its_backup() -> None:
    knows = restored(6_500, as_of_ms=6_000)
    assert not nothing_without_certificate(told(ADMITTED, REVOKED, knows, call(7_000))).kept
