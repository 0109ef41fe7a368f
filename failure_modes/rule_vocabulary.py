"""The words of filters, conversions and prices: closed lists of names, stored and documented."""

from enum import StrEnum


class RuleScope(StrEnum):
    """Whom a filter or a conversion speaks about."""

    ALL = "all"
    RESTRICTED = "restricted"


class FilterKind(StrEnum):
    """What a filter looks at, in the order in which refusals are named."""

    GROUP = "group"
    COLOUR_GROUP = "colour_group"
    MONO_ONLY = "mono_only"
    COLOUR_ONLY = "colour_only"
    SIMPLEX_ONLY = "simplex_only"
    DUPLEX_ONLY = "duplex_only"
    PAPER_SIZE = "paper_size"
    DOCUMENT_TYPE = "document_type"
    DOCUMENT_NAME = "document_name"
    SPOOL_BYTES_MAX = "spool_bytes_max"
    COPIES_MAX = "copies_max"
    PAGES_MAX = "pages_max"
    COST_MAX = "cost_max"
    DUPLICATE = "duplicate"


class ConversionKind(StrEnum):
    """What is changed in a job before it is priced."""

    FORCE_MONO = "force_mono"
    FORCE_DUPLEX = "force_duplex"


class PriceModel(StrEnum):
    """What the price of an impression depends on, besides its colour and its sides."""

    SIMPLE = "simple"
    SIZE_TABLE = "size_table"
    SIZE_CATEGORY = "size_category"
