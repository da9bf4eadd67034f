"""`./run words`: brings the catalogues up to date with what the program says; what is new waits for its translation.

`./run words fr` begins a catalogue of another language.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from plantops.catalogues import FOLDER
from tests.language.said import ROOT, Said, everything, rooms

HEADER = """\
# Words of plantops in another language; English stands beside each.
# Brought up to date with the program by `./run words`."""


def languages() -> set[str]:
    return {path.stem for room in rooms() for path in (room / FOLDER).glob("*.po")}


def up_to_date(room: Path, language: str) -> Catalog:
    """What is said in a room, with the translations that are known; what is no longer said is dropped."""
    path = room / FOLDER / f"{language}.po"
    known = Catalog(locale=language)
    if path.is_file():
        with path.open("rb") as file:
            known = read_po(file, locale=language)
    made = Catalog(locale=language, header_comment=HEADER, project="plantops", version="", fuzzy=False)
    for said, places in sorted(everything()[room].items()):
        key = (said.text, said.many) if said.many else said.text
        old: Message | None = known.get(key, said.context or None)
        flags = ["python-brace-format"] if "{" in said.text else []
        made.add(
            key,
            old.string if old and old.string else None,
            locations=[(place, None) for place in places],  # type: ignore[misc]
            flags=flags + (["fuzzy"] if old and old.fuzzy else []),
            context=said.context or None,
            user_comments=old.user_comments if old else (),
        )
    return made


def write(catalogue: Catalog, path: Path) -> None:
    with path.open("wb") as file:
        write_po(file, catalogue, width=0, include_lineno=False, omit_header=False)
    kept = [line for line in path.read_text().splitlines() if not line.startswith(DATES)]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")


DATES = (
    '"POT-Creation-Date', '"PO-Revision-Date', '"Last-Translator', '"Language-Team', '"Generated-By', '"Report-Msgid'
)  # fmt: skip


def lacking(catalogue: Catalog) -> list[Said]:
    """What has no translation yet."""
    missing = []
    for message in catalogue:
        if not message.id:
            continue
        forms = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
        if not all(forms) or message.fuzzy:
            one, many = message.id if isinstance(message.id, (tuple, list)) else (message.id, "")
            missing.append(Said(str(one), str(many), message.context or ""))
    return missing


def main() -> None:
    for language in sorted(languages() | set(sys.argv[1:])):
        for room in rooms():
            made = up_to_date(room, language)
            if len(made):
                write(made, room / FOLDER / f"{language}.po")
            print(f"{room.relative_to(ROOT)}: {language}: {len(made)} said, {len(lacking(made))} to be translated")


if __name__ == "__main__":
    main()
