"""What a source file says about itself: the names it defines, its comments and its headings."""

from __future__ import annotations

import re

from omoi_worker.engines.outline.tree import SourceFile

DEFINITION = re.compile(
    r"^[ \t]*(?:(?:export|default|pub(?:\([a-z]+\))?|public|private|protected|static|final|abstract|async|"
    r"unsafe|inline|override|internal|sealed|open|data|extern)[ \t]+)*"
    r"(?:def|class|func|fn|function\*?|interface|struct|enum|type|trait|impl|module|mod|namespace|record|object|"
    r"protocol|const|let|var|message|service|rpc|macro_rules!|CREATE TABLE|create table)[ \t]+"
    r"(?:\([^)\n]*\)[ \t]*)?([A-Za-z_$][\w$]*)",
    re.MULTILINE,
)
"""A definition at the start of a line, in the languages people keep in one repository (no parser for each)."""

ASSIGNMENT = re.compile(r"^([A-Za-z_]\w*)[ \t]*(?::[^=\n]{1,80})?=[^=]", re.MULTILINE)
CONFIG_KEY = re.compile(r"^[ \t]*\"?([A-Za-z_][\w.-]*)\"?[ \t]*[:=]", re.MULTILINE)
HEADING = re.compile(r"^(?:#{1,6}[ \t]+(.+)|([^\n]{3,80})\n[=~^-]{3,}[ \t]*$)", re.MULTILINE)
DOCSTRING = re.compile(r"(?s)(?:\"\"\"(.{0,4000}?)\"\"\"|\'\'\'(.{0,4000}?)\'\'\')")
COMMENT = re.compile(r"^[ \t]*(?:#|//+|\*|--|/\*+)[ \t]?(.*)$", re.MULTILINE)

PROSE = (".md", ".rst", ".txt", ".adoc", ".mdx", ".markdown")
CONFIG = (".toml", ".yml", ".yaml", ".json", ".ini", ".cfg", ".properties", ".env.example")


def defined_names(file: SourceFile) -> list[str]:
    """Return the names that a file defines, in file order: functions, classes, constants, keys of settings."""
    text = file.text or ""
    if file.path.endswith(PROSE):
        return []
    if file.path.endswith(CONFIG):
        return CONFIG_KEY.findall(text)
    return DEFINITION.findall(text) + ASSIGNMENT.findall(text)


def prose_of(file: SourceFile) -> str:
    """Return what people wrote for people: headings of a document, docstrings and comments of a source."""
    text = file.text or ""
    if file.path.endswith(PROSE):
        return "\n".join(first or second for first, second in HEADING.findall(text))
    pieces = [first or second for first, second in DOCSTRING.findall(text)]
    pieces.extend(COMMENT.findall(text))
    return "\n".join(pieces)


def about(file: SourceFile) -> str:
    """Return the first sentence of a file's own description (docstring, comment or heading), or ""."""
    head = (file.text or "")[:4000]
    if file.path.endswith(PROSE):
        found = HEADING.search(head)
        return _one_line(found.group(1) or found.group(2)) if found else ""
    docstring = DOCSTRING.search(head)
    if docstring and not head[: docstring.start()].strip(" \t\r\n").replace("#!", "").startswith(("def", "class")):
        lead = head[: docstring.start()]
        if not DEFINITION.search(lead):
            return _one_line(docstring.group(1) or docstring.group(2))
    comment = re.match(r"(?:#![^\n]*\n)?(?:[ \t]*(?:#|//+|/\*+|\*|--)[^\n]*\n)+", head)
    if comment:
        words = "\n".join(COMMENT.findall(comment.group(0)))
        if not re.search(r"(?i)copyright|licen[sc]e|coding[:=]|^!", words):
            return _one_line(words)
    return ""


def _one_line(text: str) -> str:
    paragraph = re.split(r"\n\s*(?:\n|[*+-] )", text.strip(), maxsplit=1)[0]
    flat = " ".join(paragraph.split())
    sentence = re.split(r"(?<=[.!?])\s", flat, maxsplit=1)[0]
    return sentence if len(sentence) <= 160 else sentence[:157].rstrip() + "…"
