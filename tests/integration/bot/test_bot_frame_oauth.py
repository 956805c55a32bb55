"""Several workspaces install the app by OAuth; their tokens are sealed in the database."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from cryptography.fernet import Fernet

from omoi_bot.store import workspaces
from tests.integration.bot.counting import Heard
from tests.integration.bot.stage import MANIFEST, bot_stage


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# slack_sdk sends the client's secret by aiohttp's BasicAuth, which this aiohttp calls deprecated.
@pytest.mark.filterwarnings("ignore:.*BasicAuth:DeprecationWarning")
async def test_a_workspace_installs_and_is_heard(tmp_path: Path) -> None:
    heard = Heard()
    port = free_port()
    manifest = json.loads(MANIFEST.read_text())
    manifest["oauth_config"]["redirect_urls"] = [f"http://127.0.0.1:{port}/slack/oauth_redirect"]
    async with bot_stage(tmp_path, start=False, work=False, manifest=manifest) as stage:
        stage.environment |= {
            "SLACK_BOT_TOKEN": "", "SLACK_CLIENT_ID": stage.slack.client_id,
            "SLACK_CLIENT_SECRET": stage.slack.client_secret, "OMOI_BOT_SECRET_KEY": Fernet.generate_key().decode(),
            "OMOI_BOT_LISTEN": f"127.0.0.1:{port}", "OMOI_BOT_PUBLIC_URL": f"http://127.0.0.1:{port}",
        }  # fmt: skip
        bot = await stage.start_bot(heard.rooms())
        assert bot.workspaces.all() == []
        base = f"http://127.0.0.1:{port}"
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser:
            async with browser.get(f"{base}/slack/install") as page:
                found = re.search(r'href="(http[^"]+)"', await page.text())
                cookie = page.headers["Set-Cookie"].partition(";")[0]
            assert found is not None
            url = found.group(1).replace("&amp;", "&")
            answer = {"who": f"{stage.slack.team.id}/{stage.mara.id}", "answer": "allow"}
            async with browser.post(url, data=answer, allow_redirects=False) as allowed:
                back = allowed.headers["Location"]
            state = parse_qs(urlsplit(url).query)["state"][0]
            back = back if "state=" in back and not back.endswith("state=") else f"{back}&state={state}"
            async with browser.get(back) as nobody:
                assert nobody.status == 400  # another browser: no cookie with the state
            async with browser.get(back, headers={"Cookie": cookie}) as done:
                assert done.status == 200, await done.text()
            async with browser.get(back, headers={"Cookie": cookie}) as again:
                assert again.status != 200
        async with bot.db.read() as tx:
            kept = await workspaces.get(tx, stage.slack.team.id)
        assert kept is not None
        token = bot.workspaces.token(stage.slack.team.id)
        assert token.startswith("xoxb-")
        assert token not in kept.token
        raw = b"".join(file.read_bytes() for file in (tmp_path / "bot-home").glob("bot.db*") if file.is_file())
        assert token.encode() not in raw
        await stage.mara.mentions(stage.channel, "an idea")
        await stage.slack.until(lambda: heard.envelopes)
