from __future__ import annotations

from datetime import UTC, datetime, timedelta

from docflow.models.documents import FlowSettings
from docflow.policy.reminders import next_reminder

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def test_reminders_never_pass_the_deadline_nor_the_longest_timer() -> None:
    patient = FlowSettings(approval_reminder_seconds=90 * 86_400)

    soon = next_reminder(NOW, NOW + timedelta(hours=1), patient)
    late = next_reminder(NOW, NOW + timedelta(days=60), patient)

    assert soon == NOW + timedelta(hours=1)
    assert late == NOW + timedelta(days=5)
