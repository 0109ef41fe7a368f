"""Names and numbers from outside: what a name may look like, and how big a sum may be."""

from enum import StrEnum
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from replication.messages import SITE_NAME_PATTERN

HEADQUARTERS: Final = "primary"
"""The site name of headquarters' own journal; no site may have it."""
DEFAULT_PRICE_NAME: Final = "default"
"""What stands for every printer that has no price of its own; no printer may have the name."""
MICROS_MAX: Final = 10**15
"""A thousand million currency units: the bound of one journal entry, too."""
PRICE_MICROS_MAX: Final = 10**9
"""A thousand currency units for one side of paper."""
CARD_CHARS_MAX: Final = 128
PIN_DIGITS_MIN: Final = 4
PIN_DIGITS_MAX: Final = 8
"""What the keys of a printer's panel let a person type without a mistake."""


def _site_name(name: str) -> str:
    if name == HEADQUARTERS:
        raise ValueError(f"{HEADQUARTERS!r} is headquarters' own name; choose another")
    return name


def _printer_name(name: str) -> str:
    if name == DEFAULT_PRICE_NAME:
        raise ValueError(f"{name!r} is how prices call every other printer; choose another name")
    return name


def _pin(pin: SecretStr) -> SecretStr:
    digits = pin.get_secret_value()
    is_number = digits.isascii() and digits.isdigit()
    if not (is_number and PIN_DIGITS_MIN <= len(digits) <= PIN_DIGITS_MAX):
        raise ValueError(f"must be {PIN_DIGITS_MIN} to {PIN_DIGITS_MAX} digits")
    return pin


def _printer_uri(text: str) -> str:
    parts = urlsplit(text)
    try:
        good = parts.scheme in ("ipp", "ipps") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise ValueError(
            "must be an ipp:// or ipps:// address, such as ipp://printer.local/ipp/print"
        )
    return text


SiteName = Annotated[str, Field(pattern=SITE_NAME_PATTERN), AfterValidator(_site_name)]
ThingName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
"""A printer, a queue, a group, a device: it stands in addresses and file names."""
PrinterName = Annotated[ThingName, AfterValidator(_printer_name)]
UserName = Annotated[str, Field(pattern=r"^[^\s/\x00-\x1f]([^/\x00-\x1f]{0,125}[^\s/\x00-\x1f])?$")]
"""As the desktop sends it; no slash, no control character, no blank at either end."""
AccountName = UserName
"""A shared account: people read it, so it may have blanks; it stands in addresses, encoded."""
AccountMember = Annotated[
    str, Field(pattern=r"^(\*|group:[A-Za-z0-9][A-Za-z0-9._-]{0,62}|user:.{1,127})$")
]
"""Who may choose a shared account: `user:<name>`, `group:<name>`, or `*` for everybody."""
Title = Annotated[str, Field(min_length=1, max_length=255)]
PrinterUri = Annotated[str, Field(max_length=1023), AfterValidator(_printer_uri)]
CardNumber = Annotated[str, Field(min_length=1, max_length=CARD_CHARS_MAX, pattern=r"\S")]
Pin = Annotated[SecretStr, AfterValidator(_pin)]
Password = Annotated[SecretStr, Field(min_length=8, max_length=1024)]
"""Eight characters are the least that NIST SP 800-63B allows; the bound keeps bodies small."""
BalanceMicros = Annotated[int, Field(ge=-MICROS_MAX, le=MICROS_MAX)]
PriceMicros = Annotated[int, Field(ge=0, le=PRICE_MICROS_MAX)]


class FromOutside(BaseModel):
    """The base of everything that a person or a program hands in: frozen, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class QuotaPeriod(StrEnum):
    """How often a quota is granted: at the beginning of each of these, in UTC."""

    DAY = "day"
    WEEK = "week"
    """From Monday, as ISO 8601 counts."""
    MONTH = "month"


class QuotaFields(FromOutside):
    """What each member of a group gets in each period; never lifts a balance above its maximum."""

    amount_micros: Annotated[int, Field(ge=1, le=MICROS_MAX)]
    period: QuotaPeriod
    balance_max_micros: Annotated[int, Field(ge=0, le=MICROS_MAX)] | None = None


class PriceFields(FromOutside):
    """What one impression costs: colour or not, one side of a sheet or two."""

    mono_simplex_micros: PriceMicros
    mono_duplex_micros: PriceMicros
    colour_simplex_micros: PriceMicros
    colour_duplex_micros: PriceMicros
