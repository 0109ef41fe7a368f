"""What holds for the link whatever the network does."""

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from failure_modes.link import next_state
from failure_modes.vocabulary import LinkEvent, LinkState
from tests.unit.failure_modes.beating_site import BeatingSite

STARTS = {LinkEvent.DRILL_STARTED, LinkEvent.FORCE_STARTED}
DOWN = {LinkState.DEGRADED, LinkState.OFFLINE}


class News(NamedTuple):
    """What happens between two looks at the link."""

    wait_ms: int
    beats_sent: int
    beats_open: int
    """Beats that have no answer yet, if that many were sent."""
    backlog: int
    replica_age_ms: int = 0


def tell(site: BeatingSite, news: News) -> bool:
    """Let the site see the news; return whether they hold a good beat."""
    site.sent += news.beats_sent
    acknowledged = max(site.acknowledged, site.sent - news.beats_open)
    is_good = acknowledged > site.acknowledged and site.sent - acknowledged <= 3
    site.acknowledged = acknowledged
    site.replica_age_ms = news.replica_age_ms
    site.observe(news.wait_ms, news.backlog)
    return is_good


any_news = st.builds(
    News,
    wait_ms=st.sampled_from([0, 1, 500, 2_000, 3_000, 11_000]),
    beats_sent=st.integers(0, 2),
    beats_open=st.integers(0, 6),
    backlog=st.sampled_from([0, 0, 3]),
    replica_age_ms=st.sampled_from([0, 60_000, 60_001]),
)
good_news = st.just(News(wait_ms=2_000, beats_sent=1, beats_open=0, backlog=0))
phases = st.lists(
    st.one_of(
        st.lists(any_news, min_size=1, max_size=8),
        st.lists(good_news, min_size=3, max_size=12),
    ),
    max_size=12,
)
histories = phases.map(lambda several: [news for phase in several for news in phase])


@given(history=histories)
def test_law_online_takes_good_beats_a_drained_backlog_a_fresh_replica_and_the_hold_down(
    history: list[News],
) -> None:
    site = BeatingSite()
    good_ms: list[int] = []
    for news in history:
        before, hold_down_ms, since_ms = (
            site.state,
            site.watcher.hold_down_ms,
            site.watcher.since_ms,
        )
        good_ms += [site.time_ms + news.wait_ms] if tell(site, news) else []
        if site.state in DOWN:
            good_ms.clear()
        if before is not LinkState.ONLINE and site.state is LinkState.ONLINE:
            assert before is LinkState.RECOVERING
            assert news.backlog == 0
            assert news.replica_age_ms <= 60_000
            assert len(good_ms) >= 5
            assert site.time_ms - good_ms[-5] <= 15_000
            assert site.watcher.now_ms - since_ms >= hold_down_ms


@given(history=histories)
def test_law_the_hold_down_stays_doubles_or_is_forgotten(history: list[News]) -> None:
    steps_ms = [0, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]
    site = BeatingSite()
    for news in history:
        before, before_ms = site.state, site.watcher.hold_down_ms
        tell(site, news)
        after_ms = site.watcher.hold_down_ms

        if before not in DOWN and site.state in DOWN:
            assert after_ms in {0, steps_ms[steps_ms.index(before_ms) + 1]}
        else:
            assert after_ms == before_ms


@given(history=histories)
def test_law_the_events_told_are_the_steps_that_were_taken(history: list[News]) -> None:
    site = BeatingSite()
    for news in history:
        state = site.state
        site.events.clear()
        tell(site, news)

        for event in site.events:
            state = next_state(state, event)
        assert site.state is state


@given(history=histories)
def test_law_a_site_that_hears_beats_waits_for_its_replica_without_flapping(
    history: list[News],
) -> None:
    site = BeatingSite()
    for news in history:
        tell(site, news)
    site.replica_age_ms = 60_001
    site.good_beats(10)
    site.events.clear()

    site.good_beats(50)

    site.expect(LinkState.RECOVERING)
    assert site.events == []


@given(history=histories, order=st.sampled_from(sorted(STARTS)))
def test_law_whatever_the_line_says_an_order_lasts_and_no_hold_down_grows(
    history: list[News], order: LinkEvent
) -> None:
    site = BeatingSite()
    for news in history:
        tell(site, news)
    before_ms = site.watcher.hold_down_ms
    site.obey(order)
    state = site.state
    for news in history:
        tell(site, news)

    assert site.state is state
    assert site.watcher.hold_down_ms in {before_ms, 0}


@given(history=histories)
def test_law_ten_seconds_without_an_answer_are_always_offline(history: list[News]) -> None:
    site = BeatingSite()
    for news in history:
        tell(site, news)
    site.observe(10_000)

    assert site.state is LinkState.OFFLINE
