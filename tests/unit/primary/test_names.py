import pytest
from pydantic import TypeAdapter, ValidationError

from primary.names import PrinterName, PrinterUri, SiteName, UserName


@pytest.mark.parametrize(
    "name", ["ada", "a", "ada.l@example.org", "CORP\\ada", "Ada Lovelace", "åsa"]
)
def test_what_a_user_may_be_called(name: str) -> None:
    assert TypeAdapter(UserName).validate_python(name) == name


@pytest.mark.parametrize("name", ["", " ada", "ada ", "a/b", "a\nb", "a\x00", "x" * 128])
def test_what_no_user_may_be_called(name: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(UserName).validate_python(name)


@pytest.mark.parametrize(
    ("kind", "name"),
    [(SiteName, "primary"), (SiteName, "Oslo"), (PrinterName, "default"), (PrinterName, "-x")],
)
def test_names_that_mean_something_else(kind: type[str], name: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(name)


@pytest.mark.parametrize(
    "uri", ["ipp://p/ipp/print", "ipps://10.0.0.1:631/", "ipp://[::1]:8631/ipp/print"]
)
def test_addresses_of_printers(uri: str) -> None:
    assert TypeAdapter(PrinterUri).validate_python(uri) == uri


@pytest.mark.parametrize(
    "uri", ["", "p", "http://p/", "ipp:///x", "ipp://p:0/", "ipp://p:x/", "ipp://["]
)
def test_what_is_no_address_of_a_printer(uri: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(PrinterUri).validate_python(uri)
