"""The steps: one activity a file, a thin trigger and its plain body; they own all I/O."""

from __future__ import annotations

import azure.durable_functions as df

from activities import (
    announce_document,
    assemble_transcript,
    cancel_ticket,
    check_summary,
    combine_summaries,
    inspect_document,
    judge_urgency,
    notify_webhook,
    ocr_page,
    open_ticket,
    prepare_pages,
    quarantine_source,
    remind_reviewer,
    retract_announcement,
    settle_decision,
    summarize_part,
    unpack_mail,
    update_index,
    withdraw_record,
    write_record,
)

blueprints: list[df.Blueprint] = [
    announce_document.blueprint,
    assemble_transcript.blueprint,
    cancel_ticket.blueprint,
    check_summary.blueprint,
    combine_summaries.blueprint,
    inspect_document.blueprint,
    judge_urgency.blueprint,
    notify_webhook.blueprint,
    ocr_page.blueprint,
    open_ticket.blueprint,
    prepare_pages.blueprint,
    quarantine_source.blueprint,
    remind_reviewer.blueprint,
    retract_announcement.blueprint,
    settle_decision.blueprint,
    summarize_part.blueprint,
    unpack_mail.blueprint,
    update_index.blueprint,
    withdraw_record.blueprint,
    write_record.blueprint,
]
