r"""Text as Markdown and back, without loss.

Readable first: ordinary prose, code spans and paths stay as they are. What Markdown would take for
markup is escaped with a backslash (`\*`, `\#` at the start of a line), a line break inside a list
item is `<br>`, an empty text where one must stand is `<!-- empty -->`, and white space at an end is a
character reference. All of it shows as the original text in any Markdown viewer.

Reading undoes exactly this; anything else that a person wrote is taken as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

EMPTY = "<!-- empty -->"
BLANK = " \t"
"""Only these count as white space: Unicode knows more, and stripping those would lose text."""

_SPAN = r"(?<!`)(?P<ticks>`+)(?!`)(?:.+?)(?<!`)(?P=ticks)(?!`)"
_SPANS = re.compile(_SPAN)
_TOKEN = re.compile(
    r"\\(?P<mark>[!-/:-@\[-`{-~])|(?P<span>" + _SPAN + r")|(?P<br><br[ ]*/?>)|&\#(?P<code>[0-9]{1,7});"
    r"|(?P<empty><!-- empty -->)"
)
_MASKED = re.compile(r"\\[!-/:-@\[-`{-~]|" + _SPAN)
_LINE_START = re.compile(r"[#>+~=|:-]|[0-9]+(?=[.)])")
_REFERENCE = re.compile(r"&(?:#|[A-Za-z][A-Za-z0-9]*;)")
_ALWAYS = "`*["
_DELIMITERS = "`*[]():<>#"


def inline(text: str) -> str:
    """Return a text as one Markdown line, to stand at the end of a list item, heading or paragraph."""
    if text == "":
        return EMPTY
    return _ends("<br>".join(_line(line) for line in text.split("\n")))


def label(text: str, more: str = "") -> str:
    """Return a text as one line in which no delimiter of ours is left bare: for names before a text.

    Escapes brackets, colons and all markup, and the letters in `more`.
    """
    if text == "":
        return EMPTY
    escaped = "".join("\\" + text[i] if text[i] in more or _in_label(text, i) else text[i] for i in range(len(text)))
    if escaped[:1] in ("-", "+", "="):
        escaped = "\\" + escaped
    escaped = re.sub(r"\A([0-9]+)\.", r"\1\\.", escaped)
    return _ends(escaped.replace("\n", "<br>"))


def block(text: str) -> list[str]:
    """Return a text as Markdown lines; blank lines inside stay, at an end they become `<br>`."""
    if text == "":
        return []
    return _folded([_line(line) for line in text.split("\n")], keep_inner=True)


def bullets(text: str) -> list[str]:
    """Return a text as the contents of list items, one a line; blank lines become `<br>` in a neighbour."""
    if text == "":
        return []
    return _folded([_line(line) for line in text.split("\n")], keep_inner=False)


def plain(markdown: str) -> str:
    """Return the text that `inline`, `label` or one line of `block` was made from."""
    return _TOKEN.sub(_original, markdown)


def join_lines(lines: Iterable[str]) -> str:
    """Return the text that `block` or `bullets` was made from."""
    return "\n".join(plain(line) for line in lines)


def code(text: str) -> str:
    """Return a path or command as a code span, or as a label where a span cannot hold it."""
    if text == "" or "\n" in text or text != text.strip(BLANK):
        return label(text, ",_")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def uncode(markdown: str) -> str:
    """Return the text that `code` was made from; text without backticks is read as a label."""
    text = markdown.strip(BLANK)
    match = _SPANS.match(text)
    if match is None or match.end() != len(text):
        return plain(text)
    ticks = len(match.group("ticks"))
    content = text[ticks:-ticks]
    if content.startswith(" ") and content.endswith(" ") and content.strip(" "):
        return content[1:-1]
    return content


def mask(markdown: str) -> str:
    """Return Markdown with escapes and code spans blanked out, same length: delimiters are found in this."""
    return _MASKED.sub(lambda match: "\0" * len(match.group()), markdown)


def split_items(markdown: str) -> list[str]:
    """Split a list at its commas; commas in code spans and escaped ones do not count."""
    masked = mask(markdown)
    parts: list[str] = []
    start = 0
    for position in [*(index for index, letter in enumerate(masked) if letter == ","), len(masked)]:
        part = markdown[start:position].strip(BLANK)
        start = position + 1
        if part:
            parts.append(part)
    return parts


def _original(match: re.Match[str]) -> str:
    if match.group("mark"):
        return match.group("mark")
    if match.group("span"):
        return match.group("span")
    if match.group("br"):
        return "\n"
    if match.group("empty"):
        return ""
    point = int(match.group("code"))
    return chr(point) if 0 < point < 0x110000 and not 0xD800 <= point < 0xE000 else match.group()


def _line(line: str) -> str:
    """Escape one line: code spans stay, the rest is escaped where Markdown would see markup."""
    parts: list[str] = []
    position = 0
    for span in _SPANS.finditer(line):
        parts.append(_escape(line, position, span.start()))
        parts.append(span.group())
        position = span.end()
    parts.append(_escape(line, position, len(line)))
    escaped = "".join(parts)
    start = _LINE_START.match(line)
    if start:
        end = start.end()
        if start.group()[0].isdigit():
            escaped = f"{line[:end]}\\{escaped[end:]}"
        elif not escaped.startswith("\\"):
            escaped = f"\\{escaped}"
    return _ends(escaped)


def _escape(line: str, start: int, end: int) -> str:
    return "".join("\\" + line[i] if _is_markup(line, i) else line[i] for i in range(start, end))


def _is_markup(line: str, index: int) -> bool:
    letter = line[index]
    if letter in _ALWAYS:
        return True
    before = line[index - 1 : index] if index else ""
    after = line[index + 1 : index + 2]
    if letter == "\\":
        return not after.isalnum()
    if letter == "_":
        return not (before.isalnum() and after.isalnum())
    if letter == "<":
        return after.isalpha() or after in ("/", "!", "?")
    if letter == "&":
        return bool(_REFERENCE.match(line, index))
    return letter == "~" and "~" in (before, after)


def _in_label(text: str, index: int) -> bool:
    return text[index] in _DELIMITERS or _is_markup(text, index)


def _ends(markdown: str) -> str:
    """Write blanks at the ends as character references, so that trimming does not lose them."""
    if markdown[:1] and markdown[0] in BLANK:
        markdown = f"&#{ord(markdown[0])};{markdown[1:]}"
    if markdown[-1:] and markdown[-1] in BLANK:
        markdown = f"{markdown[:-1]}&#{ord(markdown[-1])};"
    return markdown


def _folded(lines: list[str], keep_inner: bool) -> list[str]:
    """Put blank lines into a neighbour as `<br>`: those at the ends always, those inside unless kept."""
    filled = [index for index, line in enumerate(lines) if line]
    if not filled:
        return ["<br>" * (len(lines) - 1)] if len(lines) > 1 else []
    first, last = filled[0], filled[-1]
    folded = ["<br>" * first + lines[first]]
    for line in lines[first + 1 : last + 1]:
        if line or keep_inner:
            folded.append(line)
        else:
            folded[-1] += "<br>"
    folded[-1] += "<br>" * (len(lines) - 1 - last)
    return folded
