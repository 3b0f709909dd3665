"""What answers about the trail and about use look like. Every id and name is made up."""

from __future__ import annotations

from typing import Any

# The opening is that of the leaf, and the proof leads to the root of the checkpoint: they can be verified.
_PLACE: dict[str, Any] = {
    "index": 1,
    "leaf": (
        "eyJhdCI6IjIwMjYtMDMtMDFUMDk6MDA6MDIuMTIwMDAwWiIsImNvbW1pdG1lbnRzIjp7ImFj"
        "dG9yIjoiMTU0M2NhNjFjNTViYjUwZGZiYzM2MmM3YzhmNTAwZTBlM2Q0OTczNjg2NDY1YTY4"
        "NWM1OTIyMDAyM2Y2OTQ1MyIsIm9yZ2FuaXphdGlvbiI6ImE5OTZlOWM2NGYxZDc4NzNmYmEy"
        "MGU4NWUzMTkzOGQ0MmYyNDIyMmMwZDNmZmZmYzAxNTJhMzdiMGIwOTAyZGYiLCJwYXlsb2Fk"
        "IjoiNTU0YTk5NTk5ZjE0YzM5MzBmNmRiODUzNjQ2OWYzMWNmNjZhZWJkMTVjZTIyYzVlOTc5"
        "ODE3OWEwMjU3YWE3MCIsInRhcmdldCI6IjBiMzY3ZDQxNDM3ZWVhZDYxMDdkNTg0NDYxYzNj"
        "NTFmNDI1Mzg5NzcxMGRlMzhkYmFhNzg0ODEwMDkyNTIwOWYifSwiZXZlbnQiOiIwMTlhYzBk"
        "ZS0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDAiLCJvcGVuIjp7fSwidmVyYiI6ImpvYi5j"
        "YW5jZWxsZWQiLCJ2ZXJzaW9uIjoxfQ=="
    ),
    "size": 2,
    "checkpoint": (
        "portal.example.org/transparency\n2\nPTlu81lAbBdCWLSbo27KVqrdRwY/6iUc+WcpEd"
        "gKaxY=\n\n\u2014 portal.example.org/transparency UA2UubGHqKefpMLIHYs3P3CQxYDAiR"
        "Xxgc5nCVYAsLG3Z85yTedTR7m7ZmIxrrTeaePSCUkkZ2ddooE6yYHK55BRkwE=\n"
    ),
    "hashes": ["a1af030231ca2fd20ecf30c5294baf8f69321d09bb16ac53885ccd17a385280d"],
    "opening": {
        "organization": {
            "key": "65a83bd6fbc94211cd18eeab6bb2b3f56893e4093557cddf6be86905d5e93848",
            "value": "019ac0dd-0000-7000-8000-000000000000",
        },
        "actor": {
            "key": "b64fc35665c70de8ab7702ca6089d05279432e2157aeafcc2d3d8568c00a296e",
            "value": "key_01k9zzzzzzzzzzzzzzzzzzzzzz",
        },
        "target": {
            "key": "01972347f9fdcbd55b4a9ed3c2f2f129ef0d5df47f69d4077dd6987246280975",
            "value": "job_01k9zzzzzzzzzzzzzzzzzzzzzz",
        },
        "payload": {
            "key": "6802511184650e073a0be19d50929d6c951f060bdca6c41e037f38f13c025881",
            "value": "{}",
        },
    },
}
EVENT: dict[str, Any] = {
    "id": "019ac0de-0000-7000-8000-000000000000",
    "at": "2026-03-01T09:00:02.120000Z",
    "verb": "job.cancelled",
    "sentence": "A job was cancelled",
    "actor": "key_01k9zzzzzzzzzzzzzzzzzzzzzz",
    "target": "job_01k9zzzzzzzzzzzzzzzzzzzzzz",
    "payload": {},
    "log": _PLACE,
}
WAITING: dict[str, Any] = {**EVENT, "log": None}
USAGE: dict[str, Any] = {
    "first": "2026-02-01",
    "last": "2026-03-03",
    "items": 1290,
    "calls": 42,
    "days": [
        {"day": "2026-03-01", "items": 1200, "calls": 12},
        {"day": "2026-02-17", "items": 90, "calls": 30},
    ],
    "months": [
        {"month": "2026-03-01", "items": 1200, "calls": 12},
        {"month": "2026-02-01", "items": 90, "calls": 30},
    ],
    "quotas": [
        {
            "name": "waiting_items",
            "words": "photos waiting in jobs at once",
            "used": 400,
            "limit": 100000,
            "left": 99600,
        },
    ],
}
