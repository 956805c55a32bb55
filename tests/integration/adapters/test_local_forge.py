"""Pull requests as files."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from omoi_server.adapters.local_forge import LocalForge
from omoi_server.errors import Unavailable
from omoi_server.ports import PullRequestRequest

REQUEST = PullRequestRequest(
    project_id="p-1",
    project_name="shop",
    repo_url="/srv/shop",
    branch="spec/7f3a-lock",
    base_branch="main",
    title='Lock "an account"\n---\nbranch: "x"',
    body="## What changes\n\n---\nproject: other\n",
)


async def test_one_file_for_a_branch(home: Path) -> None:
    forge = LocalForge(home)
    assert await forge.find_pull_request("shop", REQUEST.branch) is None
    made = await forge.create_pull_request(REQUEST)
    path = Path(made.url)
    assert (made.number, made.branch, path) == (1, REQUEST.branch, home / "pull-requests" / "shop-1.md")
    content = path.read_text()
    assert content.startswith('---\nnumber: 1\nproject: "shop"\n')
    assert "## What changes" in content and 'base_branch: "main"' in content
    assert await forge.create_pull_request(replace(REQUEST, title="Other", body="Other")) == made
    assert path.read_text() == content
    assert await forge.find_pull_request("shop", REQUEST.branch) == made
    assert await forge.find_pull_request("other", REQUEST.branch) is None
    assert await forge.find_pull_request("shop", "x") is None


async def test_numbers_per_project_and_none_twice(home: Path) -> None:
    forges = [LocalForge(home), LocalForge(home)]
    branches = [f"spec/{n}" for n in range(6)]
    made = await asyncio.gather(
        *(forge.create_pull_request(replace(REQUEST, branch=branch)) for branch in branches for forge in forges)
    )
    assert sorted({pull.number for pull in made}) == [1, 2, 3, 4, 5, 6]
    assert len({pull.url for pull in made}) == 6
    other = await forges[0].create_pull_request(replace(REQUEST, project_name="shop-1"))
    assert (other.number, Path(other.url).name) == (1, "shop-1-1.md")
    next_one = await forges[0].create_pull_request(replace(REQUEST, branch="spec/last"))
    assert next_one.number == 7
    assert not list((home / "pull-requests").glob(".making*"))


async def test_names_that_are_no_file_names(home: Path) -> None:
    forge = LocalForge(home)
    first = await forge.create_pull_request(replace(REQUEST, project_name="../My Shop/ü"))
    assert Path(first.url) == home / "pull-requests" / "my-shop-1.md"
    second = await forge.create_pull_request(replace(REQUEST, project_name="My Shop"))
    assert Path(second.url).name == "my-shop-2.md"
    assert await forge.find_pull_request("My Shop", REQUEST.branch) == second
    assert Path((await forge.create_pull_request(replace(REQUEST, project_name="思い"))).url).name == "project-1.md"


async def test_files_that_people_wrote_or_broke(home: Path) -> None:
    forge = LocalForge(home)
    folder = home / "pull-requests"
    folder.mkdir(parents=True)
    (folder / "shop-1.md").write_bytes(b"\xff no head")
    (folder / "shop-2.md").write_text("---\nproject: shop\nbranch: by-hand\n---\nfree words")
    (folder / "shop-x.md").write_text("")
    found = await forge.find_pull_request("shop", "by-hand")
    assert found is not None and found.number == 2
    assert (await forge.create_pull_request(REQUEST)).number == 3


async def test_a_folder_that_is_none(home: Path) -> None:
    home.mkdir()
    (home / "pull-requests").write_text("")
    with pytest.raises(Unavailable) as refused:
        await LocalForge(home).create_pull_request(REQUEST)
    assert refused.value.reason == "FORGE_UNAVAILABLE"


async def test_a_title_is_only_words(home: Path) -> None:
    title = "Lock *it* <img src=x> @ada [here](https://evil.example) `x`\u202e\x85思い \udc80"
    made = await LocalForge(home).create_pull_request(replace(REQUEST, title=title))
    content = Path(made.url).read_text(encoding="utf-8")
    head, _, rest = content[4:].partition("\n---\n")
    assert head.isascii() and json.loads(dict(line.split(": ", 1) for line in head.splitlines())["title"]) == title
    heading = rest.strip().splitlines()[0]
    assert heading == (r"# Lock \*it\* \<img src=x\> @ZERO\ada \[here\](https:ZERO\//evil.example) \`x\` 思い").replace(
        "ZERO\\", "\u200b"
    )


async def test_what_people_made_of_it_is_read(home: Path) -> None:
    forge = LocalForge(home)
    assert await forge.read_pull_request("shop", REQUEST.branch) is None
    made = await forge.create_pull_request(replace(REQUEST, draft=True))
    text = await forge.read_pull_request("shop", REQUEST.branch)
    assert text is not None
    assert (text.pull_request, text.base_branch, text.title, text.draft) == (made, "main", REQUEST.title, True)
    assert text.body.endswith("## What changes\n\n---\nproject: other")
    path = Path(made.url)
    path.write_text(path.read_text() + "\nLooks good.\n" + "x" * 300_000)
    again = await forge.read_pull_request("shop", REQUEST.branch)
    assert again is not None
    assert "Looks good." in again.body and len(again.body) == 200_000
