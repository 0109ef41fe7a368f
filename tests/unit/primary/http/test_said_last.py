"""Messages that go to all sites are encoded once."""

from primary.http.said_last import SaidLast
from replication.messages import Head, Registers

LINEAGE = "0123456789abcdef" * 2


def test_one_message_of_each_kind_has_one_text() -> None:
    said = SaidLast()
    head, registers = Head(lineage=LINEAGE, txid=2), Registers(changes=[], versions={})
    texts = [said.text_of(each) for each in (head, registers)]

    assert texts == [head.model_dump_json(), registers.model_dump_json()]
    assert [said.text_of(each) for each in (head, registers)] == texts
    assert said.text_of(head) is texts[0]


def test_another_message_has_another_text() -> None:
    said = SaidLast()
    for txid in (2, 3, 2):
        head = Head(lineage=LINEAGE, txid=txid)
        assert said.text_of(head) == head.model_dump_json()
