"""What a job will cost, as far as anybody knows."""

from failure_modes.estimate import estimate
from failure_modes.facts import ReleaseFacts
from failure_modes.policy import Policy, resolve
from failure_modes.pricing import PageCount
from failure_modes.vocabulary import Layer, Reason
from tests.unit.failure_modes.builders import PRICE, UNCOUNTED, job

CHARGE_FIXED = resolve({Layer.SITE: {"uncounted_document": "charge_fixed", "uncounted_pages": 4}})


def test_counted_pages_leave_no_doubt() -> None:
    bill = estimate(job(mono=2, colour=1, copies=3), PRICE, Policy())

    assert (bill.cost_micros, bill.impressions, bill.doubts) == (900_000, 9, ())
    assert (bill.step.outcome, bill.step.detail) == ("pages_counted", "3 impressions x 3 copies")


def test_colour_pages_on_a_printer_told_to_use_black_cost_the_mono_price() -> None:
    in_black = ReleaseFacts(pages=PageCount(mono=1, colour=2), force_mono=True)

    assert estimate(in_black, PRICE, Policy()).cost_micros == 3 * 50_000


def test_uncounted_pages_have_no_bill_by_default() -> None:
    bill = estimate(UNCOUNTED, PRICE, Policy())

    assert (bill.cost_micros, bill.impressions) == (0, 0)
    assert bill.doubts == (Reason.PAGES_UNKNOWN,)
    assert bill.step.layer is Layer.BUILT_IN


def test_uncounted_pages_are_charged_as_configured_for_each_copy() -> None:
    bill = estimate(UNCOUNTED, PRICE, CHARGE_FIXED)

    assert (bill.cost_micros, bill.impressions) == (2 * 4 * 50_000, 8)
    assert bill.doubts == (Reason.PAGES_ASSUMED,)
    assert bill.step.layer is Layer.SITE


def test_a_document_of_no_pages_is_counted_and_free() -> None:
    bill = estimate(job(mono=0), PRICE, Policy())

    assert (bill.cost_micros, bill.doubts) == (0, ())
    assert bill.step.detail == "0 impressions x 1 copies"
