"""What is remembered of the sites that call."""

from primary.service.links import Links


def test_a_site_whose_link_ends_again_and_again_for_one_reason_is_news_once() -> None:
    links = Links()
    assert links.is_new_end("oslo", "The disk is full.")
    assert not links.is_new_end("oslo", "The disk is full.")
    assert links.is_new_end("lima", "The disk is full.")
    assert links.is_new_end("oslo", "The database is locked.")


def test_once_something_was_taken_the_next_end_is_news_again() -> None:
    links = Links()
    links.is_new_end("oslo", "The disk is full.")
    links.works("oslo")
    assert links.is_new_end("oslo", "The disk is full.")
