"""HTTP events mode: signed requests to the app's URL. https://docs.slack.dev/authentication/verifying-requests-from-slack"""

from __future__ import annotations

import json
import secrets
import time
from urllib.parse import urlencode

import aiohttp
from slack_sdk.signature import SignatureVerifier

from tests.peers.slack.delivery import Answer, Parcel
from tests.peers.slack.envelopes import VERIFICATION


class HttpEvents:
    """Posts every payload to `url`, signed with the app's signing secret."""

    def __init__(self, url: str, signing_secret: str, ack_seconds: float) -> None:
        self.url = url
        self.ack_seconds = ack_seconds
        self._signer = SignatureVerifier(signing_secret)

    async def verify(self) -> bool:
        """Whether the app answers the challenge with which Slack checks a URL before it takes it."""
        payload = {"type": "url_verification", "token": VERIFICATION, "challenge": secrets.token_hex(8)}
        answer = await self.send(Parcel("events_api", payload, ""), 0, "")
        return answer.ok and (answer.payload or {}).get("challenge") == payload["challenge"]

    async def send(self, parcel: Parcel, attempt: int, reason: str) -> Answer:
        """One request; anything but a 2xx within `ack_seconds` is no acknowledgement."""
        if parcel.kind == "events_api":
            body, content_type = json.dumps(parcel.payload), "application/json"
        elif parcel.kind == "interactive":
            body, content_type = urlencode({"payload": json.dumps(parcel.payload)}), "application/x-www-form-urlencoded"
        else:
            body, content_type = urlencode(parcel.payload), "application/x-www-form-urlencoded"
        stamp = str(int(time.time()))
        signature = self._signer.generate_signature(timestamp=stamp, body=body)
        headers = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature or "",
        }
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
        timeout = aiohttp.ClientTimeout(total=self.ack_seconds)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self.url, data=body, headers=headers) as response,
            ):
                return _read(response.status, await response.text())
        except TimeoutError:
            return Answer(False, reason="http_timeout")
        except aiohttp.ClientError:
            return Answer(False, reason="connection_failed")


def _read(status: int, text: str) -> Answer:
    if status >= 300:
        return Answer(False, reason="http_error")
    try:
        payload = json.loads(text) if text else None
    except ValueError:
        payload = {"text": text}
    return Answer(True, payload if isinstance(payload, dict) and payload else None)
