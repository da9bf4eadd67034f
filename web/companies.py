"""A company as it is typed into a form, wherever one is entered."""

from __future__ import annotations

from dataclasses import dataclass, fields

from plantops.parties import PartyFacts, PartyKind


@dataclass(frozen=True)
class Company:
    """What is typed about a company; `sure` says that it is another one than those of a similar name."""

    name: str
    legal_name: str = ""
    street: str = ""
    postcode: str = ""
    town: str = ""
    country: str | None = None
    vat_id: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str = "en"
    is_one_time: bool = False
    sure: bool = False

    @property
    def kinds(self) -> frozenset[PartyKind]:
        """Who types it in purchasing means a supplier."""
        return frozenset({PartyKind.SUPPLIER})

    def as_facts(self) -> PartyFacts:
        typed = {part.name: getattr(self, part.name) for part in fields(Company) if part.name != "sure"}
        return PartyFacts(kinds=self.kinds, **typed)


@dataclass(frozen=True)
class CompanyOfKinds(Company):
    """One that may be more than a supplier: what it is to the plant is ticked."""

    is_supplier: bool = False
    is_carrier: bool = False
    is_contractor: bool = False

    @property
    def kinds(self) -> frozenset[PartyKind]:
        return frozenset(kind for kind in PartyKind if getattr(self, f"is_{kind}"))
