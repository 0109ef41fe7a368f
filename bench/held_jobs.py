"""How long a visit takes while 100 to 100,000 jobs are held: card, list, release.

One site of a real lab. Jobs of other people are put into its store while it stands still; then one
person prints over IPP, goes to the panel (HTTPS, every answer on the disk first), holds a card to
it, sees her jobs and releases hers. The peer is a real cupsd that holds as many jobs as it takes in
the time of a bench, asked over IPP, without TLS and without a login, for the jobs of a user and to
release one. As it is shipped it holds 500; here its bound is off.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

import pysqlite3.dbapi2 as sqlite

from bench.cups import cups
from bench.figure import Figure, percentile, ratios
from bench.plot import Line, Plot
from bench.run import begin
from chaos.live.ipp_client import IppClient
from chaos.live.lab import Lab, LabPlan, open_lab
from chaos.live.waiting import until
from chaos.pdf_writer import PageInk, write_document
from chaos.scenarios.main_job_steps import people
from failure_modes.vocabulary import Micros

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chaos.live.branch import Branch
    from chaos.live.nodes import SiteNode

SITE: Final = "oslo"
COUNTS: Final = (100, 1_000, 10_000, 100_000)
CUPS_COUNTS: Final = (100, 1_000, 3_000)
ROUNDS: Final = 3
VISITS: Final = 8
JOBS_OF_EACH: Final = 5
CREDIT_MICROS: Final = Micros(10**12)
TARGET_MS: Final = 60.0
TARGET_GROWTH: Final = 1.3
PATIENCE_MS: Final = 60_000
FAR: Final = 1_000_000
"""Numbers of the copies begin here, where the site's own do not come."""
OWN_CELLS: Final = {
    "job_uuid": "printf('%08x-1111-4111-8111-111111111111', n)",
    "job_number": ":base + n",
    "user_name": f"printf('user%06d', n / {JOBS_OF_EACH})",
    "job_name": "printf('minutes %d.pdf', n)",
    "revision": "0",
}
SETTINGS: Final = {"limits": {"jobs_max": 200_000}, "times": {"hold_ms": 86_400_000}}

Samples = dict[int, list[list[float]]]
"""By the number of held jobs: milliseconds of each visit, round by round."""


def fill(site: SiteNode, first: int, last: int) -> None:
    """Hold jobs of other people at a site that stands still: copies of a job that it has."""
    path = site.server.data_folder / "site.db"
    with closing(sqlite.connect(str(path), isolation_level=None)) as store:
        columns = [str(row[1]) for row in store.execute("PRAGMA table_info(jobs)")]
        cells = ", ".join(OWN_CELLS.get(name, f"model.{name}") for name in columns)
        store.execute("BEGIN IMMEDIATE")
        store.execute(
            f"INSERT INTO jobs ({', '.join(columns)}) WITH RECURSIVE series (n) AS "  # noqa: S608 - ours
            "(SELECT :first UNION ALL SELECT n + 1 FROM series WHERE n + 1 < :last) "
            f"SELECT {cells} FROM series, (SELECT * FROM jobs WHERE user_name = 'emmy') AS model",
            {"first": first, "last": last, "base": FAR},
        )
        store.execute("COMMIT")


async def visits(branch: Branch, count: int) -> list[float]:
    """One round: a document each time, and the visit to the panel, timed."""
    ada, took = people()["ada"], []
    for number in range(count):
        document = write_document(f"letter-{perf_counter()}-{number}", (PageInk.MONO,))
        async with IppClient(branch.site.ipp_port, f"/printers/{SITE}-secure") as client:
            await client.print_job(ada.user_name, document.content)
        await until_counted(branch)
        began_s = perf_counter()
        session_id = await branch.panel.session(ada.card_number)
        (job,) = await branch.panel.jobs(session_id)
        released = await branch.panel.release(session_id, job["job_uuid"])
        took.append((perf_counter() - began_s) * 1000)
        released.expect("release")
        await branch.panel.log_out(session_id)
    return took


async def until_counted(branch: Branch, *, held: int = 1) -> None:
    """Return once ada has so many held jobs, counted, and what she released is on paper."""
    session_id = await branch.panel.session(people()["ada"].card_number)

    async def counted() -> bool:
        return [job["state"] for job in await branch.panel.jobs(session_id)] == ["held"] * held

    await until(counted, "the letter", within_ms=PATIENCE_MS, every_ms=10)
    await branch.panel.log_out(session_id)


async def our_visits(folder: Path) -> Samples:
    """All rounds at our site, with more jobs each time."""
    samples: Samples = {}
    async with open_lab(LabPlan(folder=folder, site_names=(SITE,))) as lab:
        branch = await open_site(lab)
        there = 0
        for count in COUNTS:
            await until_counted(branch, held=0)
            await branch.site.server.stop()
            began_s = perf_counter()
            await asyncio.to_thread(fill, branch.site, there, count)
            filled_s = perf_counter()
            await branch.site.start()
            there = count
            await visits(branch, 2)
            print(
                f"{count:,} held: filled in {filled_s - began_s:.1f} s, started in "
                f"{perf_counter() - filled_s:.1f} s",
                flush=True,
            )
            samples[count] = [await visits(branch, VISITS) for _ in range(ROUNDS)]
    return samples


async def open_site(lab: Lab) -> Branch:
    """A site with its panel and printer, and one held job of somebody else."""
    await lab.start_primary()
    await lab.start_printer(SITE)
    await lab.start_site(SITE, SETTINGS)
    credit = await lab.primary.api.adjust("ada", CREDIT_MICROS, request_id="bench")
    credit.expect("credit")
    branch, emmy = await lab.open_branch(SITE), people()["emmy"]
    document = write_document("model", (PageInk.MONO,))
    await branch.send(document, emmy)
    await branch.until_held(emmy, document)
    return branch


async def cups_visits(folder: Path) -> Samples:
    """The same at cupsd: list and release, no login."""
    document = write_document("letter", (PageInk.MONO,)).content
    samples: Samples = {}
    async with cups(folder) as peer, peer.client() as client:
        there = 0
        for count in CUPS_COUNTS:
            began_s = perf_counter()
            for number in range(there, count):
                owner = f"user{number // JOBS_OF_EACH}"
                await client.print_job(owner, document, is_held=True)
            there = count
            print(f"cupsd, {count:,} held: filled in {perf_counter() - began_s:.1f} s", flush=True)
            samples[count] = [await cups_round(client, document) for _ in range(ROUNDS)]
    return samples


async def cups_round(client: IppClient, document: bytes) -> list[float]:
    """A document each time, and the visit, timed."""
    took = []
    for _ in range(VISITS):
        await client.print_job("ada", document, is_held=True)
        began_s = perf_counter()
        for number in await client.jobs("ada"):
            await client.release("ada", number)
        took.append((perf_counter() - began_s) * 1000)
    return took


def middle(rounds: Sequence[Sequence[float]]) -> float:
    """The median of all samples."""
    return percentile([one for taken in rounds for one in taken], 50)


def plot(ours: Samples, peer: Samples) -> Plot:
    """Both by the number of held jobs."""

    def line(label: str, samples: Samples) -> Line:
        points = tuple((count, round(middle(rounds), 2)) for count, rounds in samples.items())
        return Line(label=label, points=points)

    return Plot(
        name="held_jobs",
        title="A visit to the panel while many jobs are held",
        x="held jobs",
        y="median, ms",
        lines=(
            line("our site: login, list and release, over TLS", ours),
            line("cupsd: list and release, over plain HTTP", peer),
        ),
    )


def figures(ours: Samples, peer: Samples) -> Iterator[Figure]:
    """The most beside cupsd's most, and beside the fewest."""
    most, few, peers = ours[COUNTS[-1]], ours[COUNTS[0]], peer[CUPS_COUNTS[-1]]
    growth = middle(most) / middle(few)
    for name, other, beside in (
        ("held_jobs", peers, f"cupsd with {CUPS_COUNTS[-1]:,}, list and release"),
        ("held_jobs, growth", few, f"with {COUNTS[0]:,}"),
    ):
        yield Figure(
            name=name,
            value=middle(most),
            unit="ms",
            peer=middle(other),
            target=f"<= {TARGET_MS:g} ms and <= {TARGET_GROWTH} of the same with {COUNTS[0]} jobs",
            met=middle(most) <= TARGET_MS and growth <= TARGET_GROWTH,
            what=f"login, list and release with {COUNTS[-1]:,} held jobs, median",
            beside=beside,
            rounds=ratios([percentile(r, 50) for r in most], [percentile(r, 50) for r in other]),
        )


def main() -> int:
    """Measure and print the figure."""
    run = begin("held_jobs", __doc__)
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        Path(name).chmod(0o755)
        (Path(name) / "lab").mkdir()
        peer = asyncio.run(cups_visits(Path(name) / "cups"))
        ours = asyncio.run(our_visits(Path(name) / "lab"))
    for who, samples in (("our site", ours), ("cupsd", peer)):
        for count, rounds in samples.items():
            all_of = [one for taken in rounds for one in taken]
            print(
                f"{who}, {count:,} held: median {percentile(all_of, 50):.1f} ms, "
                f"p99 {percentile(all_of, 99):.1f} ms"
            )
    return run.end(*figures(ours, peer), plots=[plot(ours, peer)])


if __name__ == "__main__":
    sys.exit(main())
