"""The topics of the first two sections: readers and collections."""

from __future__ import annotations

from samples.builders.report.topic import Section, Topic

READERS = Section(
    "Readers and branches",
    (
        Topic(
            "Visits to the branches",
            (
                ("visits to the nine branches", 812_400, 846_900, 871_300),
                ("visits on Saturdays", 148_200, 151_700, 160_400),
            ),
            "Head of Branches",
            "Orchard Square",
            "the long evening on Thursdays",
            (
                "On Thursdays the branch now stays open until 21.00, and every sixth visitor of "
                "the week comes in those three extra hours.",
                "A counter at each door replaced the hand count that volunteers made in one week "
                "of each quarter.",
            ),
        ),
        Topic(
            "Loans of books and media",
            (
                ("loans of all kinds", 1_204_600, 1_231_800, 1_262_500),
                ("loans of children's books", 418_300, 436_900, 455_200),
                ("loans of films and music", 96_400, 88_100, 79_600),
            ),
            "Head of Lending",
            "Canal Side",
            "the single loan period of four weeks",
            (
                "Books, films and games are now lent for the same four weeks and renew themselves "
                "twice where nobody else is waiting.",
                "The most borrowed novel of the year was a sea story by a first-time author from "
                "Larkmere, lent 612 times.",
            ),
        ),
        Topic(
            "Members and library cards",
            (
                ("active members", 71_900, 73_400, 76_800),
                ("new cards issued", 9_800, 10_300, 12_100),
            ),
            "Membership Manager",
            "Hollow Hill",
            "the card on the telephone",
            (
                "A card can be shown on a telephone since March, and 18,400 members use it.",
                "Pupils of year 3 receive their first card during a class visit, with their own "
                "drawing printed on it.",
            ),
        ),
        Topic(
            "The mobile library",
            (
                ("stops served by the mobile library", 1_870, 1_912, 2_064),
                ("loans from the mobile library", 38_700, 40_200, 44_900),
            ),
            "Mobile Library Coordinator",
            "the upper valley",
            "the electric van",
            (
                "The electric van carries 2,600 books and has a step that lowers to the kerb.",
                "Three villages without a shop asked for a stop beside the chapel, and each now "
                "has one every second Wednesday.",
            ),
        ),
        Topic(
            "Reading rooms and study places",
            (
                ("hours of booked study places", 92_300, 101_800, 109_400),
                ("study places on offer", 410, 436, 452),
            ),
            "Reading Room Manager",
            "Orchard Square",
            "the booking screen at the entrance",
            (
                "A place that stays empty for twenty minutes is offered to the next person on the "
                "list.",
                "Students asked for warmer light, and half of the desks received new lamps over "
                "the summer.",
            ),
        ),
        Topic(
            "Enquiries at the desk",
            (
                ("enquiries answered", 118_600, 121_300, 119_200),
                ("enquiries by e-mail and chat", 21_400, 24_800, 27_900),
            ),
            "Enquiry Desk Manager",
            "Canal Side",
            "the joint enquiry desk",
            (
                "Two desks were joined into one, so that a reader explains a question only once.",
                "The oldest question of the year concerned a ferry timetable of 1888, and the "
                "answer was yes, on market days.",
            ),
        ),
        Topic(
            "Home delivery",
            (
                ("readers with home delivery", 840, 905, 1_020),
                ("parcels carried to the door", 9_600, 10_900, 12_700),
            ),
            "Outreach Librarian",
            "the Riverside quarter",
            "the round by cargo bicycle",
            (
                "Twenty-six volunteers carry books to readers who find it hard to leave home.",
                "Large print and audio books make up two thirds of the parcels.",
            ),
        ),
    ),
)

COLLECTIONS = Section(
    "Collections",
    (
        Topic(
            "New books and media",
            (
                ("items bought", 41_200, 42_700, 43_900),
                ("items suggested by readers and bought", 3_100, 3_600, 4_400),
            ),
            "Head of Acquisitions",
            "the sorting room at Millrace Yard",
            "buying on readers' suggestions",
            (
                "Every suggestion gets an answer within two weeks, and six in ten are bought.",
                "Languages other than English account for one item in nine, led by Polish, German "
                "and Urdu.",
            ),
        ),
        Topic(
            "Newspapers and magazines",
            (
                ("issues read online", 204_800, 251_300, 288_700),
                ("printed titles on the racks", 640, 605, 560),
            ),
            "Periodicals Librarian",
            "Orchard Square",
            "the online newspaper stand",
            (
                "The online stand offers 7,200 titles from 110 countries and can be opened at "
                "home.",
                "The Larkmere Courier from 1861 to 1939 can now be searched word by word.",
            ),
        ),
        Topic(
            "E-books and audio books",
            (
                ("digital loans", 301_500, 338_200, 379_900),
                ("titles in the digital collection", 48_300, 53_900, 60_700),
            ),
            "Digital Collections Librarian",
            "the whole county",
            "the shared licence pool",
            (
                "Five neighbouring counties share one pool of licences, which shortened the "
                "average wait from 31 to 17 days.",
                "Audio books overtook e-books for the first time in February.",
            ),
        ),
        Topic(
            "The county archive",
            (
                ("boxes in the archive", 64_100, 65_300, 66_900),
                ("boxes consulted by readers", 11_700, 12_400, 13_800),
            ),
            "County Archivist",
            "the strong rooms at Millrace Yard",
            "the move of the parish registers",
            (
                "The registers of 84 parishes moved into a room with steady air at 17 degrees.",
                "A builder's ledger of 1794, found in an attic, explains how the canal bridge was "
                "paid for.",
            ),
        ),
        Topic(
            "Digitization",
            (
                ("pages digitized", 486_000, 612_000, 734_000),
                ("pages with searchable text", 402_000, 566_000, 701_000),
            ),
            "Head of Digitization",
            "the studio at Millrace Yard",
            "the second book cradle",
            (
                "The second cradle turns 900 pages an hour and holds a volume open at 110 degrees.",
                "Readers corrected 61,000 lines of recognized text in the evenings, the most "
                "patient of them 4,200 alone.",
            ),
        ),
        Topic(
            "Conservation",
            (
                ("items conserved", 2_310, 2_540, 2_790),
                ("hours at the conservation bench", 7_900, 8_300, 8_800),
            ),
            "Senior Conservator",
            "the workshop at Millrace Yard",
            "the repair of the estate maps",
            (
                "Forty estate maps on parchment were cleaned, flattened and given new folders.",
                "Two trainees from the college spent a term at the bench and learned to cast "
                "paper pulp.",
            ),
        ),
        Topic(
            "Gifts and deposits",
            (
                ("gifts and deposits accepted", 214, 231, 248),
                ("families and clubs among the donors", 131, 140, 152),
            ),
            "County Archivist",
            "Thornbury Cross",
            "the open day for family papers",
            (
                "At the open day 170 people brought photographs, letters and a trunk of seed "
                "catalogues.",
                "The rowing club gave its log books, which record the height of the river on "
                "every day since 1907.",
            ),
        ),
    ),
)
