"""The topics of the last three sections: people, buildings, money."""

from __future__ import annotations

from samples.builders.report.topic import Section, Topic

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

BUILDINGS = Section(
    "Buildings, technology and environment",
    (
        Topic(
            "The buildings",
            (
                ("square metres open to the public", 14_300, 14_600, 15_100),
                ("pounds spent on upkeep", 742_000, 768_000, 791_000),
            ),
            "Facilities Manager",
            "Hollow Hill",
            "the new reading porch",
            (
                "The porch at Hollow Hill is built of larch from the county forest.",
                "Painters, joiners and gardeners from the county did four fifths of the work.",
            ),
        ),
        Topic(
            "The new store at Millrace Yard",
            (
                ("shelf metres at Millrace Yard", 8_200, 8_200, 11_600),
                ("items fetched from the store", 42_900, 45_100, 51_800),
            ),
            "Stores Manager",
            "Millrace Yard",
            "the second hall of shelving",
            (
                "The second hall opened in January with 3,400 metres of shelving.",
                "A van brings requests to every branch by noon on the next working day.",
            ),
        ),
        Topic(
            "Energy and climate",
            (
                ("megawatt hours of energy used", 3_180, 2_940, 2_710),
                ("megawatt hours from our own roofs", 210, 340, 465),
            ),
            "Sustainability Officer",
            "the roof of Orchard Square",
            "the third field of solar panels",
            (
                "The third field of panels covers the south roof and feeds the lifts and lamps.",
                "Heating is now steered by the number of people in a room.",
            ),
        ),
        Topic(
            "Gardens and outdoor places",
            (
                ("square metres of garden", 6_100, 6_350, 6_610),
                ("events held outdoors", 48, 57, 66),
            ),
            "Facilities Manager",
            "the meadow at Orchard Square",
            "the meadow and the reading bench",
            (
                "A tenth of the lawn became a meadow, where a school counted 43 kinds of insects.",
                "The reading bench seats nine and faces the evening sun.",
            ),
        ),
        Topic(
            "Networks and computers",
            (
                ("sessions on public computers", 131_600, 127_900, 124_300),
                ("sessions on the wireless network", 512_000, 588_000, 641_000),
            ),
            "Head of Technology",
            "all nine branches",
            "the new wireless network",
            (
                "The wireless network reaches every corner, the garden benches too.",
                "One hundred and twenty old computers were repaired and given to families.",
            ),
        ),
        Topic(
            "Website and catalogue",
            (
                ("visits to the website", 1_910_000, 2_080_000, 2_240_000),
                ("searches in the catalogue", 3_420_000, 3_610_000, 3_870_000),
            ),
            "Web Editor",
            "the whole county",
            "the catalogue in plain language",
            (
                "The catalogue understands a misspelt title and offers the right one first.",
                "Pages load in less than two seconds on an old telephone.",
            ),
        ),
        Topic(
            "Travel and deliveries",
            (
                ("kilometres driven by our vans", 164_000, 158_000, 149_000),
                ("deliveries by cargo bicycle", 2_300, 3_100, 4_050),
            ),
            "Logistics Manager",
            "the Riverside quarter",
            "the combined delivery round",
            (
                "One round now serves branches, schools and home readers.",
                "Two of three vans are electric, and the third follows in 2027.",
            ),
        ),
    ),
)

MONEY = Section(
    "Finance and governance",
    (
        Topic(
            "Income",
            (
                ("pounds of income", 11_840_000, 12_260_000, 12_710_000),
                ("pounds from the county", 9_420_000, 9_660_000, 9_910_000),
                ("pounds from grants and gifts", 1_310_000, 1_420_000, 1_560_000),
            ),
            "Head of Finance",
            "the finance office",
            "the three-year agreement with the county",
            (
                "The agreement with the county runs until 2029 and follows the index of wages.",
                "Room hire and the cafe brought in a little more than one pound in ten of the rest.",
            ),
        ),
        Topic(
            "Expenditure",
            (
                ("pounds of expenditure", 11_690_000, 12_110_000, 12_540_000),
                ("pounds for staff", 7_480_000, 7_730_000, 7_990_000),
                ("pounds for collections", 1_720_000, 1_790_000, 1_860_000),
            ),
            "Head of Finance",
            "the finance office",
            "the joint purchasing with two counties",
            (
                "Buying shelves, paper and software together with two counties saved 46,000 pounds.",
                "Of each pound spent, 64 pence paid for people and 15 for books and media.",
            ),
        ),
        Topic(
            "Reserves and investments",
            (
                ("pounds in reserves", 2_380_000, 2_530_000, 2_700_000),
                ("pounds set aside for buildings", 640_000, 720_000, 810_000),
            ),
            "Treasurer",
            "the finance office",
            "the reserve for roofs and lifts",
            (
                "Reserves cover eleven weeks of running costs; the aim is twelve.",
                "Investments follow an ethical policy, which is printed on the website.",
            ),
        ),
        Topic(
            "Grants and projects",
            (
                ("projects paid for by grants", 17, 19, 22),
                ("pounds of project grants", 690_000, 760_000, 845_000),
            ),
            "Projects Manager",
            "the studio at Millrace Yard",
            "the project about mill workers' letters",
            (
                "The letters of mill workers were read aloud by their great-grandchildren.",
                "Each project ends with a short report and a lunch for those who did the work.",
            ),
        ),
        Topic(
            "The board and its committees",
            (
                ("meetings of the board and its committees", 21, 22, 22),
                ("decisions published", 88, 94, 97),
            ),
            "Secretary to the Board",
            "Orchard Square",
            "the open board meeting",
            (
                "Two meetings a year are open to readers, who may put questions for half an hour.",
                "Two members joined the board: a head teacher and a retired printer.",
            ),
        ),
        Topic(
            "Plans for 2026/27",
            (
                ("plans carried out as agreed", 34, 36, 39),
                ("plans agreed for the year", 40, 41, 43),
            ),
            "Director",
            "all nine branches",
            "the plan for the tenth branch",
            (
                "The tenth branch will share a building with the swimming pool at Ferry Road.",
                "Readers chose its colours, and the shelves come from the county forest.",
            ),
        ),
    ),
)
