import pytest

from replication.rebuild_ticket import BadTicketError, RebuildTicket, parse_ticket, print_ticket

TICKET = RebuildTicket(site_name="oslo", ca_pem="pem", card_key_hex="ab" * 32, secret="s" * 43)


def test_a_ticket_comes_back_from_its_text() -> None:
    text = print_ticket(TICKET)
    assert "\n" not in text
    assert parse_ticket(f" {text}\n") == TICKET
    assert TICKET.secret not in repr(TICKET)


@pytest.mark.parametrize("text", ["", "holdfast-join-1.abc", "holdfast-rebuild-1.%%%"])
def test_what_is_no_ticket_says_where_to_get_one(text: str) -> None:
    with pytest.raises(BadTicketError, match="give-directory"):
        parse_ticket(text)
