"""`python -m tests.peers.slack --port 8090`: the peer alone, with one channel and two people, until interrupted."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from tests.peers.slack.peer import SlackPeer


async def serve(port: int, manifest: Path | None, rate_limits: bool) -> None:
    raw = json.loads(manifest.read_text("utf-8")) if manifest else None
    async with SlackPeer(raw, port, rate_limits=rate_limits) as slack:
        mara, jon = slack.add_person("mara", admin=True), slack.add_person("jon")
        slack.add_channel("payments", [mara, jon, slack.bot])
        print(f"SLACK_API_URL={slack.api_url}")
        print(f"SLACK_BOT_TOKEN={slack.bot_token}")
        print(f"SLACK_APP_TOKEN={slack.app_token}")
        print(f"SLACK_SIGNING_SECRET={slack.signing_secret}", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.peers.slack", description="A Slack for this machine alone.")
    parser.add_argument("--port", type=int, default=8090, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--manifest", type=Path, help="the app's manifest.json; without it, all that Omoi asks for")
    parser.add_argument("--no-rate-limits", action="store_true", help="answer every call at once")
    chosen = parser.parse_args()
    try:
        asyncio.run(serve(chosen.port, chosen.manifest, not chosen.no_rate_limits))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
