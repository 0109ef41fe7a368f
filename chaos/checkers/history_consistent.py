"""Whether everything that clients saw, when they saw it, can be explained: in the manner of Elle.

Theory of operation
-------------------
Elle finds anomalies by writing so that a read tells which writes it saw, and in which order. Here
the product itself writes so: a site's journal is a list to which facts are only ever appended, and
the directory is a sequence of commits each of which says how far it has come in every journal. So
both orders of writes are known in the end, and a read is explained by two numbers: the *own
position*, after how many of its own entries the site was, and the *step* of the directory that it
had in its replica. A balance that a site shows is then

    the directory's balance at the step, without the site's own part in it
    + what the site's own entries up to the position do - what it has set aside there

and a list of jobs is what the lifecycle makes of the entries up to the position.

The dependencies between operations bound both numbers:

* write-read: somebody heard "yes" before the read began, so the entry is in it (`KnownTimes`);
* read-write: a call that began after the read ended had no effect yet, nor had anything behind it;
* real time and session order at one node: no read shows less than one that ended before it began;
* write-write: positions and steps are total orders, and a step is wholly seen or not at all.

A cycle of such dependencies is a lower bound above the upper one, also between nodes: a step of the
directory cannot be seen before everything in it was asked for, so a write that its writer made
after it had seen the step cannot be in it. A read for which no pair within the bounds gives what
was shown is an anomaly, and which bound has to go to explain it says which one. Where several pairs
explain a read each number is taken as low as it can be, so nothing is ever reported that could have
been right. All questions are bisections: n log n over the whole history.

Not judged are operations without an answer (both is possible), users whose jobs may change without
an entry (`print_and_log_later`), and nodes that had a disaster after which somebody has forgotten
what clients saw: a site with two pasts or two epochs, and a headquarters that was restored.

Rejected: a general search for cycles in a graph of all operations. It says that there is one, and
this says what the client should have seen.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from chaos.checkers.directory_past import DirectoryPast
from chaos.checkers.effects import effects
from chaos.checkers.entries import every_entry
from chaos.checkers.known_times import ALWAYS, KnownTimes, calls_of
from chaos.checkers.nodes_past import BELOW, Bounds, NodePast
from chaos.checkers.reads import reads_of
from chaos.checkers.site_past import SitePast
from chaos.checkers.verdict import Verdict, verdict
from chaos.checkers.words_of_reads import told
from chaos.history import Fault, FaultKind
from primary.names import HEADQUARTERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chaos.checkers.reads import Read
    from chaos.directory_log import DirectoryStep
    from chaos.final_state import FinalState
    from chaos.history import History
    from replication.journal import Entry

CHECKER: Final = "history_consistent"
FINDINGS_MAX: Final = 20
FORGETS: Final = frozenset(
    {FaultKind.CLONED, FaultKind.ROLLED_BACK, FaultKind.ONE_AGAIN, FaultKind.RESTORED}
)
PRIMARY_NODES: Final = frozenset({HEADQUARTERS, "headquarters"})


@dataclass(slots=True)
class _Seen:
    """What clients of one node have surely seen by now."""

    past: NodePast
    reads: Bounds = BELOW
    """The highest that any read that is over by now has shown."""
    ended: list[tuple[float, int, Bounds]] = field(default_factory=list)

    def now(self, when_us: float) -> Bounds:
        """Whatever reads had shown that ended by then."""
        while self.ended and self.ended[0][0] <= when_us:
            self.reads = self.reads.after(heapq.heappop(self.ended)[2])
        return self.reads


def history_consistent(
    history: History, state: FinalState, steps: Sequence[DirectoryStep]
) -> Verdict:
    """Invalid where a client saw what no state explains that it could have been shown then.

    `steps`: the directory commit by commit, from the opening on.
    """
    pasts, directory = _pasts(state, steps)
    calls = calls_of(history)
    forgetful = _forgetful(history, pasts)
    seen = {
        name: _Seen(
            NodePast(
                site=past,
                directory=directory,
                times=KnownTimes(_node_of(name, history), past.bodies, calls),
                is_primary=name == HEADQUARTERS,
            )
        )
        for name, past in pasts.items()
    }
    sound = {name: past for name, past in pasts.items() if name not in forgetful}
    directory.date(
        lambda key, seq: seen[key[0]].past.not_before_us(key, seq) if key[0] in sound else ALWAYS
    )
    findings = [] if HEADQUARTERS in forgetful else directory.unexplained(forgetful)
    findings += [text for past in sound.values() for text in past.illegal]
    findings += effects(history, sound, calls)
    judged = 0
    for read in reads_of(history):
        name = HEADQUARTERS if read.node in PRIMARY_NODES else read.node
        node = seen[name] if name in sound else None
        if node is not None and node.past.judges(read):
            judged += 1
            findings += _explained(node, read, judged)
    return verdict(
        5,
        CHECKER,
        _shortened(findings),
        judged=judged,
        measured=f"{judged} answers at {len(seen)} nodes explained",
    )


def _pasts(
    state: FinalState, steps: Sequence[DirectoryStep]
) -> tuple[dict[str, SitePast], DirectoryPast]:
    entries = every_entry(state)
    names = {HEADQUARTERS, *(site.site_name for site in state.sites)}
    names |= {entry.site_name for entry in entries}
    by_site: dict[str, list[Entry]] = {name: [] for name in sorted(names)}
    for entry in entries:
        by_site[entry.site_name].append(entry)
    pasts = {name: SitePast(name, own) for name, own in by_site.items()}
    return pasts, DirectoryPast(steps, pasts)


def _forgetful(history: History, pasts: Mapping[str, SitePast]) -> frozenset[str]:
    """Nodes of which somebody has forgotten something, by a disaster."""
    nodes = {
        record.node
        for record in history.records
        if isinstance(record, Fault) and record.kind in FORGETS
    }
    again = {name for name, past in pasts.items() if len(list(past.keys)) > 1}
    return frozenset(HEADQUARTERS if node in PRIMARY_NODES else node for node in nodes | again)


def _node_of(name: str, history: History) -> str:
    """Under which name the clients of headquarters call it."""
    if name != HEADQUARTERS:
        return name
    return next((node for node in history.nodes() if node in PRIMARY_NODES), name)


def _explained(node: _Seen, read: Read, number: int) -> Iterator[str]:
    shown = node.now(read.began_us)
    explanation = node.past.explain(read, shown)
    if explanation is None:
        yield told(node.past, read, shown)
        return
    heapq.heappush(node.ended, (read.ended_us, number, explanation))


def _shortened(findings: list[str]) -> list[str]:
    more = len(findings) - FINDINGS_MAX
    return findings if more <= 0 else [*findings[:FINDINGS_MAX], f"and {more} more"]
