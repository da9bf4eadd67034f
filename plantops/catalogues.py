"""The words of other languages: one catalogue in each folder called `language`, read when somebody needs it."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

ENGLISH = "en"
FOLDER = "language"
MODULES = "plantops.modules"
OWN = Path(__file__).parent / FOLDER


@dataclass(frozen=True)
class Catalogue:
    """What a language says for an English sentence; what it lacks is said in English."""

    sentences: dict[tuple[str, str], str] = field(default_factory=dict)
    """By context ("" for a sentence) and English."""
    counted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The forms of the language by the English singular."""
    which_form: Callable[[int], int] = lambda count: int(count != 1)


@cache
def folders() -> tuple[Path, ...]:
    """Those of the core, of every module that is announced, and of the pages."""
    packages = {"plantops", "web", *(point.value.partition(".")[0] for point in entry_points(group=MODULES))}
    specs = [find_spec(package) for package in sorted(packages)]
    places = [Path(place) for spec in specs if spec for place in spec.submodule_search_locations or ()]
    return tuple(folder for place in places for folder in sorted(place.rglob(FOLDER)) if folder.is_dir())


@cache
def languages() -> dict[str, str]:
    """English, and every language that the core has a catalogue of, by its own name."""
    codes = [ENGLISH, *sorted(path.stem for path in OWN.glob("*.po"))]
    return {code: (Locale.parse(code).get_display_name(code) or code).capitalize() for code in codes}


@lru_cache
def catalogue(language: str) -> Catalogue:
    """All that is known of a language; an unknown one is empty, so English is spoken."""
    found = Catalogue()
    for folder in folders():
        path = folder / f"{language}.po"
        if not path.is_file():
            continue
        with path.open("rb") as file:
            read = read_po(file, locale=language)
        for message in read:
            _keep(found, message)
        found = replace(found, which_form=gettext.c2py(read.plural_expr))
    return found


def _keep(found: Catalogue, message: Message) -> None:
    """An empty or doubtful translation is none."""
    if not message.id or message.fuzzy or not message.string:
        return
    if isinstance(message.id, str):
        found.sentences[message.context or "", message.id] = str(message.string)
    elif not isinstance(message.string, str) and all(message.string):
        found.counted[message.id[0]] = tuple(message.string)
