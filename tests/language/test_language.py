"""Every sentence is said in the reader's language, and German knows them all."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from plantops.catalogues import FOLDER
from tests.language.said import ROOT, Said, everything, rooms
from tests.language.unsaid import in_code, in_templates
from tests.language.update import lacking, languages

LANGUAGES = sorted(languages())
PLACE = re.compile(r"\{[^{}]*\}")
TAG = re.compile(r"<[^>]+>")


def catalogues(language: str) -> Iterator[tuple[str, Catalog]]:
    for room in rooms():
        path = room / FOLDER / f"{language}.po"
        if path.is_file():
            with path.open("rb") as file:
                yield room.relative_to(ROOT).as_posix(), read_po(file, locale=language)


def test_no_template_speaks_english_to_everybody() -> None:
    assert list(in_templates()) == []


def test_no_sentence_of_the_code_is_left_unsaid() -> None:
    assert list(in_code()) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_has_its_translation(language: str) -> None:
    """When this fails: `./run words`, then fill what is empty in the files that it names."""
    known = dict(catalogues(language))
    for room in rooms():
        name = room.relative_to(ROOT).as_posix()
        said = set(everything()[room])
        there = {as_said(message.id, message.context) for message in known.get(name, Catalog()) if message.id}
        assert there == said, f"./run words: {name} is not up to date"
        if said:
            assert lacking(known[name]) == [], name


@pytest.mark.parametrize("language", LANGUAGES)
def test_values_and_tags_of_a_sentence_are_those_of_the_english(language: str) -> None:
    wrong = []
    for name, catalogue in catalogues(language):
        for message in catalogue:
            if not message.id:
                continue
            ids = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
            strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
            wanted, tags = set(PLACE.findall(ids[-1])), sorted(TAG.findall(ids[-1]))
            last = str(strings[-1])
            if set(PLACE.findall(last)) != wanted or sorted(TAG.findall(last)) != tags:
                wrong.append(f"{name}: {ids[-1]}")
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_sentence_is_translated_the_same_everywhere(language: str) -> None:
    found: dict[Said, object] = {}
    for name, catalogue in catalogues(language):
        for message in catalogue:
            if message.id:
                said = as_said(message.id, message.context)
                assert found.setdefault(said, message.string) == message.string, f"{name}: {said.text}"


def as_said(id: object, context: str | None) -> Said:
    if isinstance(id, (tuple, list)):
        return Said(str(id[0]), str(id[1]), context or "")
    return Said(str(id), "", context or "")
