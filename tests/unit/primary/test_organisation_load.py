import pytest

from failure_modes.vocabulary import HoldMode
from primary import organisation_load
from primary.errors import ConfigError
from tests.unit.primary.conftest import ORGANISATION


def problems_of(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as wrong:
        organisation_load.load(text)
    return wrong.value.problems


def one_problem_with(*sections: str) -> str:
    (problem,) = problems_of("\n".join((ORGANISATION, *sections)))
    return problem


def test_a_good_file_is_read_with_its_defaults() -> None:
    organisation = organisation_load.load(ORGANISATION)

    assert organisation.currency == "EUR"
    assert [user.name for user in organisation.users] == ["ada", "grace", "alan"]
    assert organisation.users[2].restricted
    assert organisation.queues[0].hold is HoldMode.USER


def test_an_organisation_may_begin_with_nothing_but_a_currency() -> None:
    assert organisation_load.load('currency = "NOK"').users == ()


def test_everything_that_is_wrong_is_told_in_one_run() -> None:
    problems = problems_of("""
    currency = "euro"
    colour = "blue"
    devices = "none"

    [[sites]]
    name = "Oslo"
    title = "Oslo"

    [[users]]
    full_name = "Ada"

    [[users]]
    name = "grace"
    full_name = "Grace"
    balance = 5

    [[groups]]
    name = "staff"
    title = "Staff"
    members = ["grace", "bob"]

    [[printers]]
    name = "laser"
    site = "rome"
    uri = "http://x"

    [[printers]]
    name = "ink"
    site = "rome"
    uri = "ipp://x/ipp/print"
    """)

    begins = [problem.partition(": ")[0] for problem in problems]
    assert begins == [
        "currency",
        "colour",
        "devices",
        '[[sites]] "Oslo"',
        "[[users]] number 1",
        '[[users]] "grace"',
        '[[printers]] "laser"',
        '[[groups]] "staff"',
        '[[printers]] "ink"',
        '[[printers]] "ink"',
    ]


def test_what_is_wrong_in_itself_still_counts_as_existing() -> None:
    text = ORGANISATION.replace('uri = "ipp://127.0.0.1:8701/ipp/print"', 'uri = "x"')

    (problem,) = problems_of(text)

    assert problem.startswith('[[printers]] "oslo-laser": uri: must be an ipp://')


def test_a_member_that_is_no_user() -> None:
    problem = one_problem_with('[[groups]]\nname = "g"\ntitle = "G"\nmembers = ["bob"]')

    assert problem == "[[groups]] \"g\": members: there is no user 'bob'; add them or take them out"


def test_an_account_that_is_open_to_somebody_who_does_not_exist() -> None:
    head = '[[accounts]]\nname = "The new wing"\ntitle = "X"'
    problems = problems_of(
        f'{ORGANISATION}\n{head}\nopen_to = ["*", "user:ada", "user:bob", "group:ghosts"]'
    )

    where = '[[accounts]] "The new wing": open_to: '
    assert problems == (
        f"{where}there is no user 'bob'; add them or take them out",
        f"{where}there is no group 'ghosts'; add them or take them out",
    )


def test_a_printer_at_a_site_that_is_not_there() -> None:
    problem = one_problem_with('[[printers]]\nname = "p"\nsite = "rome"\nuri = "ipp://p/ipp/print"')

    assert problem == (
        "[[printers]] \"p\": site: there is no site 'rome'; add it or correct the name"
    )


@pytest.mark.parametrize("section", ["queues", "devices"])
def test_what_names_a_printer_of_another_site(section: str) -> None:
    problem = one_problem_with(f'[[{section}]]\nname = "x"\nsite = "oslo"\nprinter = "lima-laser"')

    assert "site 'oslo' has no printer 'lima-laser'" in problem


def test_a_card_that_two_people_hold() -> None:
    problem = one_problem_with('[[users]]\nname = "bob"\nfull_name = "Bob"\ncards = [" a1"]')

    assert problem == "[[users]] \"bob\": a card of theirs is also a card of 'ada'; remove one"


def test_a_name_that_stands_twice() -> None:
    problem = one_problem_with('[[users]]\nname = "ada"\nfull_name = "Another"')

    assert problem == '[[users]] "ada": stands twice in users; remove one of them'


def test_a_site_that_is_called_like_headquarters() -> None:
    problem = one_problem_with('[[sites]]\nname = "primary"\ntitle = "X"')

    assert "headquarters' own name" in problem


def test_a_price_for_a_printer_that_is_not_there() -> None:
    price = ORGANISATION[ORGANISATION.index("mono_simplex") :]

    problem = one_problem_with(f'[[prices]]\nprinter = "x"\n{price}')

    assert problem == "[[prices]] number 2: printer: there is no printer 'x'; correct the name"


def test_a_printer_that_would_have_no_price() -> None:
    problems = problems_of(ORGANISATION[: ORGANISATION.index("[[prices]]")])

    assert [problem.partition(": ")[0] for problem in problems] == [
        '[[printers]] "oslo-laser"',
        '[[printers]] "lima-laser"',
    ]


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ('layer = "built_in"\nrules = {}', "built_in cannot be changed"),
        ('layer = "global"\nscope = "oslo"\nrules = {}', "global rules have none"),
        ('layer = "site"\nscope = "rome"\nrules = {}', "there is no site 'rome'"),
        ('layer = "printer"\nscope = "p"\nrules = {}', "there is no printer 'p'"),
        ('layer = "global"\nrules = { pages_maximum = 1 }', "there is no such field"),
        ('layer = "global"\nrules = { pages_max = 0 }', "is not a whole number"),
        ('layer = "global"\nrules = { version = 3 }', "headquarters counts the versions"),
        ('layer = "global"\nrules = { uncounted_pages = 3 }', "this is never looked at"),
        (
            'layer = "global"\nrules = { offline_warn_ms = 9, offline_stop_ms = 9 }',
            "nobody would be warned",
        ),
        (
            'layer = "global"\nrules = { manager_group = "bosses" }',
            "manager_group: there is no group 'bosses'; make it first",
        ),
        (
            (
                'layer = "site"\nscope = "oslo"\nrules = { offline_account_name = "Cuts", '
                'unauthenticated = "charge_offline_account" }'
            ),
            "site oslo: offline_account_name: there is no account 'Cuts'",
        ),
    ],
)
def test_a_policy_that_could_not_be_used(policy: str, said: str) -> None:
    assert said in one_problem_with(f"[[policies]]\n{policy}")


OFFICE = """
[[price_lists]]
default = "office"
[price_lists.tariffs.office]
model = "simple"
mono_micros = 50_000
colour_micros = 250_000
"""


def test_a_price_list_from_the_start_prices_every_printer() -> None:
    without_prices = ORGANISATION[: ORGANISATION.index("[[prices]]")]

    (item,) = organisation_load.load(without_prices + OFFICE).price_lists

    assert (item.valid_from_ms, item.default, item.printers) == (0, "office", {})


def test_a_price_list_that_begins_later_leaves_a_printer_without_a_price() -> None:
    without_prices = ORGANISATION[: ORGANISATION.index("[[prices]]")]
    later = OFFICE.replace("default", "valid_from_ms = 1\ndefault")

    assert len(problems_of(without_prices + later)) == 2


@pytest.mark.parametrize(
    ("price_list", "said"),
    [
        (OFFICE + OFFICE, "version 2 must be higher and begin later than version 1"),
        (OFFICE.replace("simple", "free"), "[[price_lists]] number 1: tariffs.office: model:"),
        (OFFICE.replace('default = "office"', ""), "number 1: default: is missing"),
        (
            OFFICE.replace("[price_lists.tar", 'printers = { rome = "office" }\n[price_lists.tar'),
            "there is no printer 'rome'",
        ),
        (OFFICE.replace("default", "printers = 3\ndefault"), "printers: not an object"),
    ],
)
def test_a_price_list_that_could_not_be_used(price_list: str, said: str) -> None:
    assert said in one_problem_with(price_list)


def test_a_quota_needs_its_group_and_stands_once() -> None:
    quota = '[[quotas]]\ngroup = "staff"\namount_micros = 1\nperiod = "day"\n'
    (item,) = organisation_load.load(ORGANISATION + quota).quotas
    assert (item.group, item.amount_micros, item.balance_max_micros) == ("staff", 1, None)

    assert "stands twice in quotas" in one_problem_with(quota, quota)
    assert "there is no group 'x'" in one_problem_with(quota.replace("staff", "x"))
