"""The topics of the middle sections: learning and people."""

from __future__ import annotations

from samples.builders.report.topic import Section, Topic

LEARNING = Section(
    "Learning and culture",
    (
        Topic(
            "Class visits",
            (
                ("classes that came to a branch", 1_420, 1_515, 1_630),
                ("pupils on class visits", 35_900, 38_100, 41_000),
            ),
            "Schools Librarian",
            "Hollow Hill",
            "the treasure hunt through the shelves",
            (
                "The treasure hunt leads through five shelves and ends with a book to take home.",
                "All 52 primary schools of the county sent at least one class.",
            ),
        ),
        Topic(
            "The summer reading programme",
            (
                ("children who finished the programme", 5_940, 6_310, 6_880),
                ("books read in the programme", 38_200, 41_700, 46_500),
            ),
            "Children's Librarian",
            "all nine branches",
            "the theme of rivers and boats",
            (
                "Children collected stickers of fish, ferries and otters on a paper river.",
                "The boys' share among those who finished rose from 41 to 46 per cent.",
            ),
        ),
        Topic(
            "Rhyme times for the smallest",
            (
                ("rhyme times held", 1_105, 1_160, 1_240),
                ("families who came regularly", 1_870, 1_990, 2_210),
            ),
            "Children's Librarian",
            "Canal Side",
            "the rhyme times in two languages",
            (
                "Rhymes are sung in English and in one other language, which the parents choose.",
                "Midwives hand out the invitation with the first health booklet.",
            ),
        ),
        Topic(
            "Digital skills",
            (
                ("people at digital skills sessions", 4_380, 4_910, 5_260),
                ("one-to-one appointments", 1_640, 1_920, 2_130),
            ),
            "Learning Manager",
            "the workshop at Canal Side",
            "the repair and learn afternoon",
            (
                "Visitors bring a telephone or a laptop and leave knowing one thing more.",
                "The most frequent question was how to find a photograph again.",
            ),
        ),
        Topic(
            "Talks and readings",
            (
                ("talks and readings", 318, 334, 351),
                ("people in the audience", 19_700, 21_200, 23_600),
            ),
            "Events Manager",
            "the hall at Orchard Square",
            "the series about local crafts",
            (
                "A bell founder, a hedge layer and a boat builder spoke about their work.",
                "Recordings of forty talks can be heard on the website.",
            ),
        ),
        Topic(
            "Exhibitions",
            (
                ("visits to exhibitions", 58_300, 62_900, 71_200),
                ("exhibitions opened", 11, 12, 14),
            ),
            "Exhibitions Curator",
            "the gallery at Orchard Square",
            "the exhibition about the canal",
            (
                "The exhibition about the canal showed 130 objects, among them a lock keeper's "
                "whistle.",
                "Labels were written with a class of twelve-year-olds, who cut them to thirty "
                "words each.",
            ),
        ),
        Topic(
            "Adult learning and reading groups",
            (
                ("reading groups", 164, 171, 183),
                ("adults in reading groups", 1_720, 1_800, 1_960),
            ),
            "Learning Manager",
            "Thornbury Cross",
            "the reading group for new readers",
            (
                "New readers meet on Monday evenings with a tutor and a pot of tea.",
                "Eleven groups meet at workplaces during the lunch break.",
            ),
        ),
    ),
)

PEOPLE = Section(
    "People",
    (
        Topic(
            "Staff",
            (
                ("members of staff, as full-time posts", 214, 217, 221),
                ("apprentices and trainees", 9, 11, 14),
            ),
            "Head of People",
            "all nine branches",
            "the exchange between branches",
            (
                "Each member of staff can spend one week a year at another branch.",
                "The average length of service is eleven years.",
            ),
        ),
        Topic(
            "Volunteers",
            (
                ("active volunteers", 486, 520, 571),
                ("volunteer hours", 31_200, 33_900, 37_400),
            ),
            "Volunteer Coordinator",
            "Hollow Hill",
            "the welcome afternoon",
            (
                "New volunteers spend their first afternoon with somebody who started a year "
                "before.",
                "The youngest volunteer is 16 and the oldest 91; both read aloud on Fridays.",
            ),
        ),
        Topic(
            "Training",
            (
                ("days of training", 1_130, 1_240, 1_310),
                ("courses on offer", 58, 63, 70),
            ),
            "Training Manager",
            "the training room at Millrace Yard",
            "the course about easy language",
            (
                "Letters and signs were rewritten by those who took the course.",
                "Sixty colleagues learned the basics of sign language.",
            ),
        ),
        Topic(
            "Partners",
            (
                ("partner organizations", 96, 104, 117),
                ("joint events", 212, 240, 263),
            ),
            "Partnerships Manager",
            "the Riverside quarter",
            "the partnership with the health centres",
            (
                "Health centres recommend books on sleep, food and grief, and the branches keep "
                "them on one shelf.",
                "The college of music tunes our pianos and plays on them once a month.",
            ),
        ),
        Topic(
            "What readers told us",
            (
                ("answers to the readers' survey", 6_400, 7_150, 8_020),
                ("suggestions in the box", 1_310, 1_290, 1_420),
            ),
            "Director of Services",
            "all nine branches",
            "the board of answers",
            (
                "Every suggestion is answered on a board beside the door, with a date and a name.",
                "Ninety-three readers in a hundred would recommend their branch to a friend.",
            ),
        ),
        Topic(
            "Access for all",
            (
                ("readers using accessible formats", 3_260, 3_540, 3_910),
                ("titles in accessible formats", 17_800, 19_200, 21_500),
            ),
            "Access Officer",
            "Canal Side",
            "the quiet hour",
            (
                "On Wednesday mornings lights are lower and printers rest.",
                "A panel of fourteen readers with disabilities tests each new service.",
            ),
        ),
        Topic(
            "The friends of the library",
            (
                ("friends of the library", 2_140, 2_230, 2_410),
                ("pounds given by the friends", 61_300, 66_800, 72_500),
            ),
            "Chair of the Friends",
            "Orchard Square",
            "the second-hand book market",
            (
                "The friends sold 9,300 second-hand books on four Saturdays.",
                "Their gift paid for the cushions, kites and puppets of the children's room.",
            ),
        ),
    ),
)
