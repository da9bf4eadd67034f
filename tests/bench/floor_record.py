"""What stands below every record on the floor's pages, and at every page's foot."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

WAITS = (
    '<aside class="sync no-print" id="sync" aria-label="Sent and not sent" hidden><details><summary><span>'
    '</span></summary>\n<div class="panel"><button class="btn btn-plain btn-sm" type="button">Send now</button> <a '
    'class="btn btn-plain btn-sm" href="/login" hidden>Sign in</a></div></details></aside>\n<template id="entry"><p>'
    "Nothing of it was saved. Look at it, then try again, or throw it away.</p>\n<p><a>Look at it</a><button>Try again"
    "</button><button>Throw away</button></p></template>\n"
)


def record(panel: Any, log: str, files: Sequence[Any], followers: Sequence[str]) -> str:
    """Activity, to-dos, files and followers."""
    attached = "".join(f'<li><a href="/files/{file.file_id}" download>{escape(file.name)}</a></li>' for file in files)
    say = (
        '<form id="talk" action="/talk" method="post"><label>Say something *</label> <textarea name="text"></textarea>'
        "<p>Everybody who may see this page reads it. @ calls somebody in.</p><button>Say it</button></form>\n"
    )
    todo = (
        '<button type="button">New to-do</button>\n<dialog id="todo"><h2>New to-do</h2>\n<label>Task *</label> <input '
        'name="text"> <label>By whom</label> <input name="for_id"><p>Empty: by you.</p> <label>Until</label> <input '
        'name="due_on"> <button>Note it</button> <button>Cancel</button></dialog>\n'
    )
    upload = (
        '<form id="attach" method="post"><label>Choose files</label> <input type="file" name="file"><p>Or drop them '
        'here: up to 20 MB.</p> <label>Take a photo</label> <input type="file" name="photo"> <button>Upload</button>'
        "</form>\n"
    )
    following = f'<p class="mb-2">{escape(", ".join(followers))}</p>\n<button>Unfollow</button>\n'
    return (
        '<section id="record">\n'
        + panel("Activity", say + log)
        + panel("To do", todo)
        + panel("Files", (f'<ul class="files">{attached}</ul>' if attached else "") + upload)
        + panel("Followers", following)
        + "</section>\n"
    )
