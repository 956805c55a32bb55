from __future__ import annotations

from omoi_server.store.listener import MAX_PAYLOADS, PAYLOAD_BYTES, payloads


def test_few_topics_are_one_payload() -> None:
    assert payloads("me", {"spec:b", "jobs", "spec:a"}) == ["me jobs spec:a spec:b"]


def test_many_topics_are_split_below_the_limit() -> None:
    topics = {f"spec:{n:070}" for n in range(300)}
    lines = payloads("me", topics)
    assert 1 < len(lines) <= MAX_PAYLOADS
    assert all(len(line.encode()) <= PAYLOAD_BYTES for line in lines)
    assert {topic for line in lines for topic in line.split(" ")[1:]} == topics
    assert {line.split(" ")[0] for line in lines} == {"me"}


def test_too_many_topics_ring_everything() -> None:
    assert payloads("me", {f"spec:{n:070}" for n in range(3000)}) == ["me *"]
