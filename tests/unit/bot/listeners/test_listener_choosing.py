"""Which project, which spec, which files: decided by rule, asked when it is not clear."""

from __future__ import annotations

import pytest

from omoi_bot.listeners import choosing, files
from omoi_bot.listeners.choosing import Project, SpecName

SHOP, WEB = Project("prj-1", "shop"), Project("prj-2", "web")


@pytest.mark.parametrize(
    ("visible", "asked", "project", "candidates"),
    [
        ([SHOP], {}, SHOP, ()),
        ([], {}, None, ()),
        ([SHOP, WEB], {}, None, (SHOP, WEB)),
        ([SHOP, WEB], {"linked": "prj-2"}, WEB, ()),
        ([SHOP, WEB], {"named": "Web"}, WEB, ()),
        ([SHOP, WEB], {"linked": "prj-1", "named": "shop"}, SHOP, ()),
        ([SHOP, WEB], {"linked": "prj-1", "named": "web"}, None, (SHOP, WEB)),
        ([SHOP, WEB], {"linked": "prj-1", "named": "web", "chosen": "prj-2"}, WEB, ()),
        ([SHOP, WEB], {"chosen": "prj-9"}, None, (SHOP, WEB)),
        ([WEB], {"linked": "prj-1"}, None, (WEB,)),
    ],
)
def test_project(visible: list[Project], asked: dict[str, str], project: Project | None, candidates: object) -> None:
    choice = choosing.project(visible, **asked)
    assert (choice.project, choice.candidates) == (project, candidates)
    assert bool(choice.why) == (project is None)


def test_project_that_is_nearly_named() -> None:
    assert "Did you mean shop?" in choosing.project([SHOP, WEB], unknown="shpo").why
    assert choosing.project([SHOP, WEB], unknown="zebra").why == "There is no project zebra."
    assert choosing.project([SHOP], unknown="bug").project == SHOP


KNOWN = [
    SpecName("spec-7f3a91c2-0000-4000-8000-000000000001", "a"),
    SpecName("spec-7f3b0000-0000-4000-8000-000000000002", "b"),
]


def test_spec() -> None:
    assert [one.title for one in choosing.spec("7f3a", KNOWN)] == ["a"]
    assert [one.title for one in choosing.spec("SPEC-7F3A91C2-0000", KNOWN)] == ["a"]
    assert choosing.spec("dead", KNOWN) == ()
    assert len(choosing.spec("7f3a91c2", [*KNOWN, KNOWN[0]])) == 2
    with pytest.raises(ValueError, match="too short"):
        choosing.spec("7f3", KNOWN)
    with pytest.raises(ValueError, match="no id of a spec"):
        choosing.spec("; drop table", KNOWN)


def _file(name: str, kind: str = "text/plain", size: int = 10, **more: object) -> files.SlackFile:
    return files.described(
        {"id": "F1", "name": name, "mimetype": kind, "size": size, "url_private": "https://f", **more}
    )


def test_files_within_limits() -> None:
    sorted_ = files.sort([_file("a.txt"), _file("b.png", "image/png"), _file("c.json", "application/json")])
    assert [one.name for one in sorted_.taken] == ["a.txt", "b.png", "c.json"]
    assert sorted_.refused == ()


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (_file("a.zip", "application/zip"), "application/zip is not taken"),
        (_file("a.svg", "image/svg+xml"), "is not taken"),
        (_file("a", ""), "its kind is not taken"),
        (_file("a.txt", size=0), "empty"),
        (_file("a.txt", size=-5), "empty"),
        (_file("a.txt", size=4 * 1024 * 1024), "4.0 MiB"),
        (_file("a.txt", url_private=""), "no address"),
    ],
)
def test_files_refused(file: files.SlackFile, why: str) -> None:
    sorted_ = files.sort([file])
    assert sorted_.taken == () and why in sorted_.refused[0]


def test_files_together_are_limited() -> None:
    many = files.sort([_file(f"{number}.txt") for number in range(12)])
    assert len(many.taken) == 10 and len(many.refused) == 2 and "at most 10" in many.refused[0]
    large = files.sort([_file("a.txt", size=2_000_000), _file("b.txt", size=2_000_000), _file("c.txt", size=1000)])
    assert [one.name for one in large.taken] == ["a.txt", "c.txt"]


def test_file_names_are_names() -> None:
    assert _file("../../etc/passwd").name == "passwd"
    assert _file("a\u202e\nb.txt").name == "ab.txt"
    assert _file("x" * 500).name == "x" * 200
    assert files.described({"id": "F2", "mode": "file_access"}).stub
