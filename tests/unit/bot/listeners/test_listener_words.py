"""Words, ideas and subcommands as people type them."""

from __future__ import annotations

import pytest

from omoi_bot.listeners import failures, ideas, reading, subcommands, words
from omoi_bot.listeners.words import Word
from omoi_client.errors import InvalidArgument

BOT = "UBOT"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("stop", Word.STOP),
        ("<@UBOT> stop", Word.STOP),
        ("<@UBOT>: Stop!", Word.STOP),
        ("STOP.", Word.STOP),
        ("*stop*", Word.STOP),
        (" status ", Word.STATUS),
        ("Approve!", Word.APPROVE),
        ("help\u200b", Word.HELP),
        ("retry <@UBOT>", Word.RETRY),
        ("stop using Redis", None),
        ("stop it", None),
        ("approve v1", None),
        ("don't stop", None),
        ("!now stop", None),
        ("", None),
        ("...", None),
    ],
)
def test_word_is_whole_message(text: str, word: Word | None) -> None:
    assert words.read(text, BOT).word is word


@pytest.mark.parametrize(
    ("text", "said", "to_omoi", "now"),
    [
        ("<@UBOT> add a test", "add a test", True, False),
        ("hey <@UBOT|omoi>, add a test", "hey add a test", True, False),
        ("!now use Postgres", "use Postgres", False, True),
        ("<@UBOT> !NOW: use Postgres", "use Postgres", True, True),
        ("!nowhere", "!nowhere", False, False),
        ("<@UOTHER> add", "@UOTHER add", False, False),
    ],
)
def test_saying(text: str, said: str, to_omoi: bool, now: bool) -> None:
    saying = words.read(text, BOT)
    assert (saying.text, saying.to_omoi, saying.now) == (said, to_omoi, now)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("see <https://x.test/a|the page>", "see the page (https://x.test/a)"),
        ("see <https://x.test/a>", "see https://x.test/a"),
        ("write <mailto:a@x.test|a@x.test>", "write a@x.test"),
        ("ask <@U1> and <@U2|jon> in <#C1|shop>", "ask @mara and @jon in #shop"),
        ("<!channel> and <!subteam^S1|@team>", "@channel and @team"),
        ("a\u202eb\u0000c\u00a0d", "abc d"),
        ("1 < 2\nnot > a tag", "1 < 2\nnot > a tag"),
        ("<" * 1000, "<" * 1000),
    ],
)
def test_plain(text: str, plain: str) -> None:
    assert reading.plain(text, {"U1": "mara"}) == plain


@pytest.mark.parametrize(
    ("text", "quick", "named", "rest"),
    [
        ("Lock an account", False, "", "Lock an account"),
        ("quick: fix the typo", True, "", "fix the typo"),
        ("Quick task: fix the typo", True, "", "fix the typo"),
        ("[shop] fix the typo", False, "shop", "fix the typo"),
        ("quick: [SHOP] fix the typo", True, "shop", "fix the typo"),
        ("[shop] quick: fix the typo", True, "shop", "fix the typo"),
        ("in shop: fix the typo", False, "shop", "fix the typo"),
        ("In web.admin: fix the typo", False, "web.admin", "fix the typo"),
        ("project shop: fix the typo", False, "shop", "fix the typo"),
        ("fix the typo in project shop", False, "shop", "fix the typo in project shop"),
        ("fix the typo, project: shop.", False, "shop", "fix the typo, project: shop."),
        ("in short: fix the typo", False, "", "in short: fix the typo"),
        ("buy a shop in town", False, "", "buy a shop in town"),
        ("quickly: fix", False, "", "quickly: fix"),
    ],
)
def test_idea(text: str, quick: bool, named: str, rest: str) -> None:
    idea = ideas.read(text, ["shop", "web.admin"])
    assert (idea.quick, idea.named, idea.text) == (quick, named, rest)


def test_unknown_project_is_told_only_when_it_is_bracketed() -> None:
    assert ideas.read("[shpo] fix", ["shop"]).unknown == "shpo"
    assert ideas.read("in shpo: fix", ["shop"]).unknown == ""
    assert ideas.read("[shpo] fix", ["shop"]).text == "[shpo] fix"


def test_fault() -> None:
    assert ideas.fault(ideas.read("x " * 4000)) == ""
    assert "no words" in ideas.fault(ideas.read(""), files=1)
    assert "for example" in ideas.fault(ideas.read("quick:"))
    assert "100,000" in ideas.fault(ideas.read("x x" + "x" * 100_001))
    assert "at most 200" in ideas.fault(ideas.Idea("a word", title="t" * 201))


@pytest.mark.parametrize(
    ("text", "name", "meant", "idea", "rest"),
    [
        ("", "", "", "", ""),
        ("help", "help", "", "", ""),
        ("LIST", "list", "", "", ""),
        ("status 7f3a", "status", "", "", "7f3a"),
        ("staus", "", "status", "", ""),
        ("canel spec-7f3a", "", "cancel", "", "spec-7f3a"),
        ("cancel orders that nobody paid", "", "", "cancel orders that nobody paid", ""),
        ("cancel orders", "cancel", "", "", "orders"),
        ("help new users find the shop", "", "", "help new users find the shop", ""),
        ("new Lock an account", "", "", "new Lock an account", ""),
        ("new", "new", "", "", ""),
        ("role <@U1|mara> contributor", "role", "", "", "<@U1|mara> contributor"),
        ("role based access for the admin page", "", "", "role based access for the admin page", ""),
        ("role kim contributor", "role", "", "", "kim contributor"),
        ("claim ABCD EFGH", "claim", "", "", "ABCD EFGH"),
        ("Lock an account", "", "", "Lock an account", ""),
        ("lists of users need paging", "", "", "lists of users need paging", ""),
        ("login", "", "", "login", ""),
        ("link shop", "link", "", "", "shop"),
        ("link the terms of use in the footer", "", "", "link the terms of use in the footer", ""),
    ],
)
def test_subcommand(text: str, name: str, meant: str, idea: str, rest: str) -> None:
    found = subcommands.read(text)
    assert (found.name, found.meant, found.idea, found.rest) == (name, meant, idea, rest)


@pytest.mark.parametrize(
    ("text", "enough"),
    [
        ("frobnicate", False),
        ("???", False),
        ("asdf ???", False),
        ("7 8 9", False),
        ("", False),
        ("fix it", True),
        ("Исправь опечатку", True),
        ("修正登录", True),
        ("登录", False),
        ("ล็อกบัญชี", True),
    ],
)
def test_two_words_with_letters_are_an_idea(text: str, enough: bool) -> None:
    assert ideas.says_enough(text) is enough
    for said in (text, f"quick: {text}"):
        assert (ideas.fault(ideas.read(said)) == "") is enough


def test_near_commands_are_offered() -> None:
    assert subcommands.near("project") == ("projects",)
    assert subcommands.near("proj") == ("projects",)
    assert subcommands.near("frobnicate") == ()


def test_commands_stay_code_in_what_the_server_refused() -> None:
    refused = InvalidArgument("the code is wrong; `omoi-server admin-code` prints a new one for `<!here>`")
    said = failures.sentence(refused)
    assert "`omoi-server admin-code`" in said
    assert "`<" not in said and "<!here>" not in said
