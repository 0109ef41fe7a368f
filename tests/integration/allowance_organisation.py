"""An organisation of three sites, where a page costs the same everywhere."""

from __future__ import annotations

from typing import Final

SITES: Final = ("oslo", "lima", "rome")
PAGE_MICROS: Final = 50_000
OPENING_MICROS: Final = 200 * PAGE_MICROS
ADA: Final = "user:ada"
RESEARCH: Final = "account:research"
PAYERS: Final = (ADA, RESEARCH)
ORGANISATION: Final = f"""
currency = "EUR"

[[users]]
name = "ada"
full_name = "Ada Lovelace"
balance_micros = {OPENING_MICROS}

[[accounts]]
name = "research"
title = "Research"
balance_micros = {OPENING_MICROS}
open_to = ["*"]

[[prices]]
mono_simplex_micros = {PAGE_MICROS}
mono_duplex_micros = {PAGE_MICROS}
colour_simplex_micros = {PAGE_MICROS}
colour_duplex_micros = {PAGE_MICROS}
""" + "".join(
    f"""
[[sites]]
name = "{name}"
title = "{name.title()}"

[[printers]]
name = "{name}-laser"
site = "{name}"
uri = "ipp://127.0.0.1:1/ipp/print"
"""
    for name in SITES
)
