"""What webhooks look like, for the schema. Every id and address is made up."""

from __future__ import annotations

from typing import Any

NEW_WEBHOOK: dict[str, Any] = {
    "url": "https://hooks.example.org/countenance",
    "description": "Case system",
    "types": ["job.released", "job.held", "exemption.ended"],
}
WEBHOOK: dict[str, Any] = {
    "id": "whk_01k9",
    **NEW_WEBHOOK,
    "enabled": True,
    "disabled_reason": "",
    "failing_since": None,
    "last_delivered_at": "2026-03-01T09:00:02Z",
    "created_at": "2026-03-01T09:00:00Z",
}
NEW_SECRET = {"secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "old_until": "2026-03-02T09:00:00Z"}
MADE_WEBHOOK = {**WEBHOOK, "last_delivered_at": None, "secret": NEW_SECRET["secret"]}
DELIVERY: dict[str, Any] = {
    "id": "dlv_01k9",
    "webhook_id": "msg_01k9",
    "type": "job.released",
    "event": "019ac0de-0000-7000-8000-000000000000",
    "status": "waiting",
    "attempts": 2,
    "reason": "status",
    "answer_status": 503,
    "occurred_at": "2026-03-01T09:00:02Z",
    "tried_at": "2026-03-01T09:00:09Z",
    "next_try_at": "2026-03-01T09:05:12Z",
    "delivered_at": None,
}
MESSAGE: dict[str, Any] = {
    "type": "job.released",
    "timestamp": "2026-03-01T09:00:02.104312Z",
    "data": {
        "id": "job_01k9",
        "event": "019ac0de-0000-7000-8000-000000000000",
        "done": 12,
        "failed": 0,
    },
}
