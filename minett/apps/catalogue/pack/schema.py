"""What each part of a pack may say. Strict: an unknown field or a near miss is a mistake, never a guess.

Texts are mappings of language to words. Times say their zone, amounts their unit, and every entry says where
it was read, when, and how far the reader may trust it. Rules of the outside world are data with dates, so
nothing here knows a price or a limit.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from minett.kernel.quantities import Unit

Language = Literal["en", "fr", "de", "lb"]
Trust = Literal["own-page", "third-party", "disputed", "invented"]
Step = Literal["discover", "assess", "data", "skills", "build", "trust", "fund", "connect", "scale"]
STEPS: tuple[Step, ...] = (
    "discover",
    "assess",
    "data",
    "skills",
    "build",
    "trust",
    "fund",
    "connect",
    "scale",
)

_TEXT_LIMIT = 4_000


def _words(value: str) -> str:
    trimmed = unicodedata.normalize("NFC", value).strip()
    if not trimmed:
        raise PydanticCustomError("empty-text", "empty")
    if len(trimmed) > _TEXT_LIMIT:
        raise PydanticCustomError("too-long", "long", {"limit": _TEXT_LIMIT})
    if any(unicodedata.category(sign) == "Cc" and sign not in "\n\t" for sign in trimmed):
        raise PydanticCustomError("bad-form", "control", {"given": "…", "form": "no control characters"})
    return trimmed


def _has_english(value: dict[Any, Any]) -> dict[Any, Any]:
    if "en" not in value:
        raise PydanticCustomError("no-english", "no English")
    return value


def _number(value: object) -> object:
    # Whole numbers are fine for an amount; a truth value, which Python counts as a number, is not.
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


Words = Annotated[str, AfterValidator(_words)]
Texts = Annotated[dict[Language, Words], AfterValidator(_has_english)]
WordLists = Annotated[
    dict[Language, Annotated[list[Words], Field(min_length=1, max_length=60)]], AfterValidator(_has_english)
]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Amount = Annotated[Decimal, BeforeValidator(_number), Field(ge=0, max_digits=14, decimal_places=4)]
Count = Annotated[int, Field(ge=0, le=100_000_000)]
# Units come as the words of the kernel's enumeration, which strict reading would refuse as mere text.
ChargedUnit = Annotated[Unit, Field(strict=False)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, validate_default=False)


class Entry(Strict):
    """What every entry says about itself. `valid_to` is the last day on which it holds."""

    id: Identifier
    source: Words
    checked_on: date
    valid_from: date
    valid_to: date | None = None
    aliases: list[Words] = Field(default_factory=list, max_length=20)
    notes: Texts | None = None

    @field_validator("valid_to")
    @classmethod
    def _not_before_start(cls, value: date | None, info: ValidationInfo) -> date | None:
        start = info.data.get("valid_from")
        if value is not None and start is not None and value < start:
            raise PydanticCustomError("ends-before-start", "order", {"valid_to": str(value), "valid_from": str(start)})
        return value


class Marked(Entry):
    """An entry about somebody else's offer or rule: `trust` says whose page was read."""

    trust: Trust


class Factory(Marked):
    """pack.yaml: who this installation is. `listed_as` is its own entry among the factories."""

    title: Texts
    kind: Literal["factory", "antenna"]
    country: Country
    languages: list[Language] = Field(min_length=1)
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    sectors: list[Identifier]
    contact: Texts
    disclaimer: Texts
    hosts: list[Identifier] = Field(default_factory=list)
    listed_as: Identifier | None = None

    @model_validator(mode="after")
    def _antennas_have_hosts(self) -> Factory:
        if (self.kind == "antenna") != bool(self.hosts):
            raise PydanticCustomError("antenna-hosts", "hosts")
        return self


PartnerKind = Literal[
    "consortium",
    "agency",
    "compute",
    "data",
    "university",
    "research",
    "ministry",
    "authority",
    "chamber",
    "funder",
    "hub",
    "example",
]


class Partner(Marked):
    title: Texts
    legal_name: Words | None = None
    kind: PartnerKind
    role: Texts
    website: Annotated[str, Field(pattern=r"^https://[^\s]+$")] | None = None
    country: Country


class Sector(Marked):
    title: Texts
    priority: bool
    order: Count


class Service(Marked):
    """`sectors` empty means every sector. `price` and `duration` are words: most owners publish no amount."""

    title: Texts
    step: Step
    partners: list[Identifier] = Field(min_length=1)
    sectors: list[Identifier] = Field(default_factory=list)
    audience: Texts
    price: Texts
    duration: Texts
    gives: Texts
    must_precede_start: bool = False
    schemes: list[Identifier] = Field(default_factory=list)
    calls: list[Identifier] = Field(default_factory=list)


class UseCase(Entry):
    """A pattern seen somewhere, not an offer: source_kind says what other entries say by trust."""

    title: Texts
    sector: Identifier
    nace: Annotated[str, Field(pattern=r"^\d{2}(\.\d{1,2})?$")]
    problem: Texts
    value: WordLists
    data_needed: Texts
    method: Texts
    glossary: WordLists
    data_kinds: list[
        Literal[
            "tabular",
            "text",
            "documents",
            "image",
            "video",
            "audio",
            "time-series",
            "geospatial",
            "graph",
            "events",
        ]
    ] = Field(min_length=1)
    risk_class: Literal["minimal", "limited", "high", "gpai or limited"]
    effort: Literal["S", "M", "L"]
    twins: list[Identifier] = Field(default_factory=list)
    source_kind: Literal["documented", "pattern", "invented"]


class Figure(Strict):
    """One published figure of a scheme: a share has no unit, everything else does."""

    what: Literal["minimum", "maximum", "flat", "share-percent"]
    of: Texts
    value: Amount
    unit: ChargedUnit | None = None
    trust: Trust
    source: Words

    @model_validator(mode="after")
    def _unit_unless_share(self) -> Figure:
        if (self.what == "share-percent") != (self.unit is None):
            why = "a share in percent has no unit, and every other figure needs one"
            raise PydanticCustomError("not-valid", "unit", {"why": why})
        return self


class Scheme(Marked):
    title: Texts
    partners: list[Identifier] = Field(min_length=1)
    audience: Texts
    gives: Texts
    must_precede_start: bool
    amounts: list[Figure] = Field(default_factory=list)


class CutOff(Strict):
    """`at` with its offset, and the zone it is meant in. `hour_stated` false: only the day is published."""

    at: AwareDatetime
    time_zone: Words
    hour_stated: bool = True

    @field_validator("time_zone")
    @classmethod
    def _zone_and_offset_agree(cls, value: str, info: ValidationInfo) -> str:
        try:
            zone = ZoneInfo(value)
        except (ValueError, KeyError, OSError) as error:
            raise PydanticCustomError("unknown-time-zone", "zone", {"given": value[:60]}) from error
        at = info.data.get("at")
        if at is not None and at.astimezone(zone).utcoffset() != at.utcoffset():
            wanted, given = at.astimezone(zone).strftime("%z"), at.strftime("%z")
            data = {"zone": value, "wanted": wanted, "given": given}
            raise PydanticCustomError("offset-differs", "offset", data)
        return value


class Call(Marked):
    """`rule` permanent: always open; cut-offs: the dates are listed; announced: dates come one by one."""

    title: Texts
    partners: list[Identifier] = Field(min_length=1)
    unit: ChargedUnit
    minimum: Amount | None = None
    maximum: Amount | None = None
    size: Texts
    months: list[Annotated[int, Field(ge=1, le=60)]] = Field(default_factory=list)
    audience: Texts
    rule: Literal["permanent", "cut-offs", "announced"]
    opening: Texts
    cut_offs: list[CutOff] = Field(default_factory=list, max_length=60)
    answer_time: Texts
    review: Texts

    @field_validator("cut_offs")
    @classmethod
    def _dates_fit_the_rule(cls, value: list[CutOff], info: ValidationInfo) -> list[CutOff]:
        rule = info.data.get("rule")
        if rule is not None and (rule == "cut-offs") != bool(value):
            raise PydanticCustomError("cut-offs-differ", "rule", {"rule": rule, "count": len(value)})
        return value


class Partition(Strict):
    """None says that the owner's figure was not found; it is never replaced by a guess."""

    id: Identifier
    title: Texts
    nodes: Count | None = None
    gpus_per_node: Count


class Queue(Strict):
    """A quality of service of the scheduler: how long, how wide and how many jobs a person."""

    id: Identifier
    max_minutes: Count
    max_nodes: Count | None = None
    max_nodes_percent: Annotated[int, Field(ge=1, le=100)] | None = None
    max_jobs_per_user: Count | None = None


class Cluster(Marked):
    title: Texts
    operator: Identifier | None = None
    status: Literal["running", "planned"]
    scheduler: Literal["slurm", "local", "not-published"]
    nodes: Count | None = None
    gpus_per_node: Count
    gpus: Count | None = None
    unit: ChargedUnit | None = None
    node_price_eur: Amount | None = None
    watts_per_node: Count | None = None
    partitions: list[Partition] = Field(default_factory=list)
    queues: list[Queue] = Field(default_factory=list)

    @field_validator("gpus")
    @classmethod
    def _sum_is_right(cls, value: int | None, info: ValidationInfo) -> int | None:
        nodes, each = info.data.get("nodes"), info.data.get("gpus_per_node")
        if value is not None and nodes is not None and each is not None and nodes * each != value:
            data = {"nodes": nodes, "per_node": each, "wanted": nodes * each, "given": value}
            raise PydanticCustomError("sum-differs", "sum", data)
        return value


class ListedFactory(Marked):
    """A factory or antenna of the network. `hosts` are the factories that an antenna works with."""

    title: Texts
    kind: Literal["factory", "antenna"]
    country: Country
    place: Words | None = None
    machine: Texts
    partner_countries: list[Country] = Field(default_factory=list)
    hosts: list[Identifier] = Field(default_factory=list)
    selected: Annotated[str, Field(pattern=r"^\d{4}-\d{2}(-\d{2})?$")]


MODELS: Mapping[str, type[Entry]] = {
    "factory": Factory,
    "partners": Partner,
    "sectors": Sector,
    "services": Service,
    "usecases": UseCase,
    "schemes": Scheme,
    "calls": Call,
    "clusters": Cluster,
    "factories": ListedFactory,
}
KINDS: tuple[str, ...] = tuple(MODELS)

# Which field of which kind names entries of which other kind.
REFERENCES: tuple[tuple[str, str, str], ...] = (
    ("factory", "sectors", "sectors"),
    ("factory", "hosts", "factories"),
    ("factory", "listed_as", "factories"),
    ("services", "partners", "partners"),
    ("services", "sectors", "sectors"),
    ("services", "schemes", "schemes"),
    ("services", "calls", "calls"),
    ("usecases", "sector", "sectors"),
    ("usecases", "twins", "usecases"),
    ("schemes", "partners", "partners"),
    ("calls", "partners", "partners"),
    ("clusters", "operator", "partners"),
    ("factories", "hosts", "factories"),
)
