"""What the real host does, scenario by scenario, and whether another host does the same."""

from __future__ import annotations

from pathlib import Path

#: The app that the scenarios drive.
APP = Path(__file__).with_name("app")

#: What its host has to find in the environment.
ENVIRONMENT = {
    "FUNCTIONS_WORKER_RUNTIME": "python",
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    # Scenarios that are played at the same time must not wait for each other's activities.
    "PYTHON_THREADPOOL_THREAD_COUNT": "32",
}
