"""Which days a text means; received on Saturday 28 November 2026 unless a test says otherwise."""

from __future__ import annotations

from datetime import date

import pytest

from docflow.policy.dates.reader import read_dates

RECEIVED = date(2026, 11, 28)


def days(text: str, language: str = "", country: str = "", **known: date) -> list[str]:
    found = read_dates(text, RECEIVED, language=language, country=country, **known)
    return [mention.day.isoformat() for mention in found.mentions]


DIGITS = [
    ("Paid on 2026-12-03.", "2026-12-03"),
    ("2026/12/03", "2026-12-03"),
    ("2026-12-03T10:15:00Z", "2026-12-03"),
    ("2026. 12. 03.", "2026-12-03"),
    ("am 3.12.2026 fällig", "2026-12-03"),
    ("am 03.12.26 fällig", "2026-12-03"),
    ("3. 12. 2026", "2026-12-03"),
    ("Frist: 03.12.", "2026-12-03"),
    ("bis 3.1. zahlen", "2027-01-03"),
    ("25/12/2026", "2026-12-25"),
    ("12/25/2026", "2026-12-25"),
    ("25-12-2026", "2026-12-25"),
    ("by 25/12", "2026-12-25"),
    ("24.-28.12.2026", "2026-12-28"),
    ("dnia 3 XII 2026 r.", "2026-12-03"),
    ("3.XII.2026", "2026-12-03"),
    ("2026年12月3日", "2026-12-03"),
    ("令和8年12月3日", "2026-12-03"),
    ("12月3日まで", "2026-12-03"),
    ("2026년 12월 3일", "2026-12-03"),
    ("２０２６年１２月３日", "2026-12-03"),
    ("2026-W49", "2026-12-06"),
    ("2026-W49-4", "2026-12-03"),
    ("Lieferung in KW 49", "2026-12-06"),
    ("KW 49/2026", "2026-12-06"),
    ("delivery in week 49", "2026-12-06"),
    ("la semaine 49", "2026-12-06"),
    ("KW 1", "2027-01-10"),
]


@pytest.mark.parametrize(("text", "day"), DIGITS)
def test_dates_in_digits_are_read(text: str, day: str) -> None:
    assert days(text) == [day]


NAMES = [
    ("3 December 2026", "2026-12-03", "en"),
    ("3rd of December, 2026", "2026-12-03", "en"),
    ("December 3, 2026", "2026-12-03", "en"),
    ("December 3rd 2026", "2026-12-03", "en"),
    ("Dec. 3, 2026", "2026-12-03", "en"),
    ("03-Dec-2026", "2026-12-03", "en"),
    ("03-DEC-26", "2026-12-03", "en"),
    ("Thursday, 3 December", "2026-12-03", "en"),
    ("before 3 May", "2027-05-03", "en"),
    ("on May 3, 2027", "2027-05-03", "en"),
    ("3. Dezember 2026", "2026-12-03", "de"),
    ("den 3. Dez. 2026", "2026-12-03", "de"),
    ("3. Jänner 2027", "2027-01-03", "de"),
    ("3. März 2027", "2027-03-03", "de"),
    ("3. Maerz 2027", "2027-03-03", "de"),
    ("3 décembre 2026", "2026-12-03", "fr"),
    ("1er décembre 2026", "2026-12-01", "fr"),
    ("le 3 fevrier 2027", "2027-02-03", "fr"),
    ("3 de diciembre de 2026", "2026-12-03", "es"),
    ("3 de enero del 2027", "2027-01-03", "es"),
    ("3 dicembre 2026", "2026-12-03", "it"),
    ("1° dicembre 2026", "2026-12-01", "it"),
    ("3 december 2026", "2026-12-03", "nl"),
    ("3 maart 2027", "2027-03-03", "nl"),
    ("3 de dezembro de 2026", "2026-12-03", "pt"),
    ("3 grudnia 2026 r.", "2026-12-03", "pl"),
    ("3 listopada 2026", "2026-11-03", "pl"),
    ("3. listopada 2026", "2026-10-03", "hr"),
    ("den 3 december 2026", "2026-12-03", "sv"),
    ("3. desember 2026", "2026-12-03", "nb"),
    ("3. prosince 2026", "2026-12-03", "cs"),
    ("3. joulukuuta 2026", "2026-12-03", "fi"),
    ("2026. december 3.", "2026-12-03", "hu"),
    ("2026. gada 3. decembris", "2026-12-03", "lv"),
    ("3 \u0434\u0435\u043a\u0430\u0431\u0440\u044f 2026", "2026-12-03", "ru"),
    ("3 Δεκεμβρίου 2026", "2026-12-03", "el"),
    ("3 Aral\u0131k 2026", "2026-12-03", "tr"),
    ("3 decembrie 2026", "2026-12-03", "ro"),
    ("1\u20133 December 2026", "2026-12-03", "en"),
    ("vom 1. bis 3. Dezember 2026", "2026-12-03", "de"),
    ("in December 2026", "2026-12-31", "en"),
    ("end of December", "2026-12-31", "en"),
    ("Ende Dezember", "2026-12-31", "de"),
    ("fin décembre", "2026-12-31", "fr"),
    ("mid-December", "2026-12-15", "en"),
    ("Mitte Januar", "2027-01-15", "de"),
]


@pytest.mark.parametrize(("text", "day", "language"), NAMES)
def test_dates_with_names_of_months_are_read(text: str, day: str, language: str) -> None:
    assert days(text, language) == [day]


@pytest.mark.parametrize(
    ("text", "day"), [(text, day) for text, day, language in NAMES if language != "hr"]
)
def test_the_language_need_not_be_known(text: str, day: str) -> None:
    assert days(text) == [day]


RELATIVE = [
    ("Pay today.", "2026-11-28"),
    ("by the close of business tomorrow", "2026-11-29"),
    ("Bitte bis morgen", "2026-11-29"),
    ("bis übermorgen", "2026-11-30"),
    ("avant demain", "2026-11-29"),
    ("antes de mañana", "2026-11-29"),
    ("entro domani", "2026-11-29"),
    ("do jutra", "2026-11-29"),
    ("by Friday", "2026-12-04"),
    ("bis Freitag", "2026-12-04"),
    ("avant vendredi prochain", "2026-12-04"),
    ("until the end of the month", "2026-11-30"),
    ("bis Monatsende", "2026-11-30"),
    ("avant la fin du mois", "2026-11-30"),
    ("do końca miesiąca", "2026-11-30"),
    ("within 14 days", "2026-12-12"),
    ("within fourteen (14) days of this letter", "2026-12-12"),
    ("within 14 days of receipt", "2026-12-12"),
    ("within the next 48 hours", "2026-11-30"),
    ("within 5 working days", "2026-12-04"),
    ("within five business days", "2026-12-04"),
    ("within 3 weeks", "2026-12-19"),
    ("within one month", "2026-12-28"),
    ("within 7 days of 1 December 2026", "2026-12-08"),
    ("innerhalb von 14 Tagen", "2026-12-12"),
    ("innerhalb der nächsten 14 Tage", "2026-12-12"),
    ("binnen zwei Wochen", "2026-12-12"),
    ("innerhalb von 6 Werktagen", "2026-12-05"),
    ("innerhalb von 5 Arbeitstagen", "2026-12-04"),
    ("sous huitaine", "2026-12-06"),
    ("sous quinzaine", "2026-12-13"),
    ("sous 8 jours", "2026-12-06"),
    ("dans un délai de quinze jours à compter de la réception", "2026-12-13"),
    ("sous 5 jours ouvrés", "2026-12-04"),
    ("dans les 6 jours ouvrables", "2026-12-05"),
    ("en el plazo de 10 días", "2026-12-08"),
    ("en un plazo de diez (10) días hábiles", "2026-12-11"),
    ("entro 5 giorni lavorativi", "2026-12-04"),
    ("entro e non oltre quindici giorni dal ricevimento della presente", "2026-12-13"),
    ("binnen veertien dagen na dagtekening van deze brief", "2026-12-12"),
    ("no prazo de 10 dias úteis", "2026-12-11"),
    ("w terminie 14 dni od dnia doręczenia", "2026-12-12"),
    ("w ciągu 7 dni", "2026-12-05"),
    ("inom 10 dagar", "2026-12-08"),
    ("inden for 14 dage", "2026-12-12"),
    ("do 14 dnů od doručení", "2026-12-12"),
]


@pytest.mark.parametrize(("text", "day"), RELATIVE)
def test_days_are_counted_from_the_letter(text: str, day: str) -> None:
    assert day in days(text)
    assert len(set(days(text)) - {"2026-12-01"}) == 1


NO_DATES = [
    "Version 1.2.10 of the software",
    "IP 10.1.12.20",
    "Section 3.2. applies",
    "open 24/7",
    "a ratio of 3/4",
    "EUR 12.10.000",
    "You may call us.",
    "We march on.",
    "sept jours plus tard",
    "12:30 to 14:30",
    "Tel. 030 12 11 2026 44",
    "in the last 14 days",
    "14 days ago",
    "vor 14 Tagen",
    "depuis 8 jours",
    "Returns are accepted within 30 days of purchase.",
    "Guten Morgen, Frau Meier",
    "Ref 2026/1123/77",
    "31.02.2026",
    "May I ask",
    "99/99/2026",
    "",
]


@pytest.mark.parametrize("text", NO_DATES)
def test_what_is_no_date_is_left_alone(text: str) -> None:
    assert days(text) == []


def test_a_term_runs_from_the_date_of_the_letter_or_from_its_receipt() -> None:
    head = "Leeds, 20 November 2026\n\n"
    assert days(head + "Pay within 7 days of this letter.")[-1] == "2026-11-27"
    assert days(head + "Pay within 7 days of receipt.")[-1] == "2026-12-05"
    assert days(head + "Pay within 7 days.")[-1] == "2026-11-27"
    assert days("Pay within 7 days.", written=date(2026, 11, 20)) == ["2026-11-27"]


WRITTEN = [
    ("Date: 20 November 2026\nDear Ms Ray", "2026-11-20"),
    ("Stadtwerke Ulm\n20.11.2026\n\nRechnung vom 3.11.2026", "2026-11-20"),
    ("Köln, den 20. November 2026", "2026-11-20"),
    ("Paris, le 20 novembre 2026", "2026-11-20"),
    ("Kraków, dnia 20 listopada 2026 r.", "2026-11-20"),
    ("Your letter of 3 November 2026\nDate: 20 November 2026", "2026-11-20"),
    ("Invoice date: 3 November 2026\nWe ask you to pay.", None),
    ("Due date: 20 November 2026", None),
    ("We met on 3 November 2026 and talked about the roof and the garden.", None),
    ("12 January 2019\nOld letter", None),
    ("3 December 2026\nLetter from the future", None),
]


@pytest.mark.parametrize(("text", "day"), WRITTEN)
def test_the_letter_says_when_it_was_written(text: str, day: str | None) -> None:
    written = read_dates(text, RECEIVED).written
    assert (written and written.isoformat()) == day


ORDER = [
    ("04/12/2026", "en", "GB", "2026-12-04", None),
    ("04/12/2026", "en", "US", "2026-04-12", None),
    ("04/12/2026", "fr", "", "2026-12-04", None),
    ("04/12/2026", "en", "", "2026-12-04", "2026-04-12"),
    ("04/12/2026 and 11/28/2026", "en", "", "2026-04-12", None),
    ("04/12/2026, see May 3, 2026", "en", "", "2026-04-12", None),
    ("04/12/2026, see 3 May 2026", "en", "", "2026-12-04", None),
    ("04.12.2026", "en", "US", "2026-12-04", None),
]


@pytest.mark.parametrize(("text", "language", "country", "day", "other"), ORDER)
def test_day_and_month_are_told_apart(
    text: str, language: str, country: str, day: str, other: str | None
) -> None:
    first = read_dates(text, RECEIVED, language=language, country=country).mentions[0]
    assert first.day.isoformat() == day
    assert (first.other and first.other.isoformat()) == other


DEADLINES = [
    ("Please pay by 3 December 2026.", "en", "2026-12-03"),
    ("Payment is due on 3 December 2026.", "en", "2026-12-03"),
    ("Due date: 3 December 2026", "en", "2026-12-03"),
    ("no later than Thursday, 3 December 2026", "en", "2026-12-03"),
    ("Respond by 5pm on 3 December", "en", "2026-12-03"),
    ("by the close of business tomorrow", "en", "2026-11-29"),
    ("You must reply within 14 days of this letter.", "en", "2026-12-12"),
    ("bis zum 3. Dezember 2026", "de", "2026-12-03"),
    ("bis spätestens Donnerstag, den 3.12.2026", "de", "2026-12-03"),
    ("Fällig am: 03.12.2026", "de", "2026-12-03"),
    ("avant le 3 décembre 2026", "fr", "2026-12-03"),
    ("au plus tard le jeudi 3 décembre", "fr", "2026-12-03"),
    ("antes del 3 de diciembre de 2026", "es", "2026-12-03"),
    ("a más tardar el día 3 de diciembre", "es", "2026-12-03"),
    ("entro il 3 dicembre 2026", "it", "2026-12-03"),
    ("uiterlijk op 3 december 2026", "nl", "2026-12-03"),
    ("vóór 3 december 2026", "nl", "2026-12-03"),
    ("até 3 de dezembro de 2026", "pt", "2026-12-03"),
    ("do dnia 3 grudnia 2026 r.", "pl", "2026-12-03"),
    ("najpóźniej do 3 grudnia", "pl", "2026-12-03"),
    ("senast den 3 december 2026", "sv", "2026-12-03"),
    ("senest den 3. december 2026", "da", "2026-12-03"),
    ("3 December 2026 at the latest", "en", "2026-12-03"),
]


@pytest.mark.parametrize(("text", "language", "day"), DEADLINES)
def test_a_deadline_is_told_from_other_dates(text: str, language: str, day: str) -> None:
    found = read_dates(text, RECEIVED, language=language)
    assert [deadline.mention.day.isoformat() for deadline in found.deadlines] == [day]
    assert len(read_dates(text, RECEIVED).deadlines) == 1


NO_DEADLINES = [
    "Invoice of 3 December 2026",
    "The offer is valid until 3 December 2026.",
    "Payment was due on 3 November 2026.",
    "Das Geschäft ist geöffnet bis 3. Dezember 2026.",
    "We met on 3 December 2026.",
    "Billet valable jusqu'au 3 décembre 2026",
    "Written by Anna on 3 November 2026",
    "Seit dem 3. Dezember 2026",
]


@pytest.mark.parametrize("text", NO_DEADLINES)
def test_other_dates_are_no_deadlines(text: str) -> None:
    assert read_dates(text, RECEIVED).deadlines == []


def test_a_mention_tells_where_it_stands() -> None:
    text = "Bitte zahlen Sie bis zum 3. Dezember 2026 auf unser Konto."
    (found,) = read_dates(text, RECEIVED).mentions
    assert text[found.start : found.end] == "3. Dezember 2026"


def test_a_range_tells_both_ends() -> None:
    (found,) = read_dates("from 1 to 3 December 2026", RECEIVED, language="en").mentions
    assert (found.since, found.day) == (date(2026, 12, 1), date(2026, 12, 3))
