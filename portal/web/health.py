"""Liveness and readiness, for load balancers and people."""

from __future__ import annotations

from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError

from recognition import client


def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Database, broker and, unless `scope=web`, a live engine worker with its model loaded."""
    parts = {"database": _database(), "broker": _broker()}
    if request.GET.get("scope") != "web":
        parts["engine"] = parts["database"] and client.engine_is_live()
    ready = all(parts.values())
    return JsonResponse({"ready": ready, "parts": parts}, status=200 if ready else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return False
    return True


def _broker() -> bool:
    try:
        cache.get("readyz")
    except RedisError:
        return False
    return True
