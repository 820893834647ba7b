"""The page that people see."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

from notes.store import Note

PAGE = Template((Path(__file__).parent / "page.html").read_text(encoding="utf-8"))


def render(notes: Sequence[Note], version: str, tenant: str | None = None) -> str:
    items = [f"<li>{escape(note.text)}<time>{note.created_at:%Y-%m-%d %H:%M}</time></li>" for note in notes]
    return PAGE.substitute(
        title=escape(f"Notes of {tenant}" if tenant else "Notes"),
        notes="\n".join(items) or "<li>No notes yet.</li>",
        version=escape(version),
    )
