"""The topics of the last two sections: buildings and money."""

from __future__ import annotations

from samples.builders.report.topic import Section, Topic

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
                "Room hire, the shop and the cafe brought in the remaining 1,240,000 pounds.",
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
                "Buying shelves, paper and software together with two counties saved 46,000 "
                "pounds.",
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
