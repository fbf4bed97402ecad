"""The activity behind ``context.call_http``: one HTTP request, its response as JSON.

A 202 answer is handed back as it is. The real host polls it with timers that the Python SDK does
not know of, which breaks the ids of the orchestration.
"""

from __future__ import annotations

import json

import aiohttp

from devstack.functions_host.engine.events import compact


async def run_http_activity(text: str) -> str:
    """Send the request that an orchestrator described and describe the response."""
    request = json.loads(text)
    content = request.get("content")
    async with (
        aiohttp.ClientSession() as session,
        session.request(
            request["method"],
            request["uri"],
            data=None if content is None else str(content).encode(),
            headers=request.get("headers") or {},
        ) as response,
    ):
        return compact(
            {
                "statusCode": response.status,
                "headers": dict(response.headers),
                "content": await response.text(),
            }
        )
