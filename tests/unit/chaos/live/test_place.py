"""Where processes and sockets are."""

from __future__ import annotations

import socket

from chaos.live.place import HERE


def test_here_is_this_machine_without_any_detour() -> None:
    assert HERE.prefix == ()
    with HERE.make_socket((socket.AF_INET, socket.SOCK_DGRAM, 0, "", ())) as made:
        assert (made.family, made.type) == (socket.AF_INET, socket.SOCK_DGRAM)
