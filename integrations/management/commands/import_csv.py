from collections import Counter
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from goals.smart import Band, Verdict
from goals.smart_words import message
from integrations.founding import Founding
from integrations.loading import Report, load
from integrations.progress_bar import ProgressBar
from integrations.records import COLUMNS
from integrations.tables import Refused
from people.models import Organisation, Person

SHOWN = 50
MOST_RULES, MOST_WEAK = 5, 10


class Command(BaseCommand):
    help = (
        "Imports goals.csv, kpis.csv and measurements.csv from a folder: all of it, or nothing when anything is wrong. "
        "A second run changes only what the files now say differently. docs/import.md describes the columns."
    )

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)
        parser.add_argument("--organisation", help="name or id; an unknown name founds one (default: the folder)")
        parser.add_argument("--levels", default="", help="a new organisation's levels from the top: Goal,Target")
        parser.add_argument("--admin", default="", help="e-mail address of a new organisation's administrator")
        parser.add_argument("--attribution", default="", help="where the data comes from, shown in a new organisation")
        parser.add_argument("--cycle", default="", help="name of the cycle the goals belong to; made when missing")
        parser.add_argument("--round", action="store_true", help="round numbers to the decimals that are kept")
        parser.add_argument("--dry-run", action="store_true", help="try everything, keep nothing")

    def handle(self, folder, organisation, levels, admin, attribution, cycle, dry_run, **options):
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.")
        into = existing(organisation) if organisation else named(folder.resolve().name)
        into = into or founding(organisation or folder.resolve().name, levels, admin.lower(), attribution)
        files = {name: (folder / name).read_bytes() for name in COLUMNS if (folder / name).is_file()}
        bar = ProgressBar(self.stdout)
        try:
            report = load(
                files,
                into,
                source=folder.resolve().name,
                cycle=cycle,
                rounding=options["round"],
                dry_run=dry_run,
                tell=bar.show,
            )
        except Refused as refused:
            bar.close()
            for problem in refused.problems[:SHOWN]:
                self.stderr.write(str(problem))
            if len(refused.problems) > SHOWN:
                self.stderr.write(f"... and {len(refused.problems) - SHOWN:,} more")
            raise CommandError(f"{counted(len(refused.problems), 'problem')}; nothing was imported.") from None
        bar.close()
        for line in summary(report, dry_run=dry_run):
            self.stdout.write(line)


def existing(asked: str) -> Organisation | None:
    """The organisation with this id or name, if there is one."""
    if not (asked.isascii() and asked.isdigit()):
        return named(asked)
    organisation = Organisation.objects.filter(pk=int(asked)).first()
    if organisation is None:
        raise CommandError(f"There is no organisation {asked}.")
    return organisation


def named(name: str) -> Organisation | None:
    namesakes = list(Organisation.objects.filter(name=name).order_by("pk"))
    if len(namesakes) > 1:
        ids = ", ".join(str(each.pk) for each in namesakes)
        raise CommandError(f"Several organisations are called {name}; give the id: {ids}.")
    return namesakes[0] if namesakes else None


def founding(name: str, levels: str, admin: str, attribution: str) -> Founding:
    if len(name) > 200:
        raise CommandError("The organisation's name is longer than 200 characters.")
    if admin:
        try:
            validate_email(admin)
        except ValidationError:
            raise CommandError(f"{admin} is not an e-mail address.") from None
        if Person.objects.filter(email__iexact=admin).exists():
            raise CommandError(f"{admin} signs in already; a person belongs to one organisation.")
    names = [each.strip() for each in levels.split(",") if each.strip()]
    return Founding(name, names, attribution=attribution, administrator=admin)


def summary(report: Report, *, dry_run: bool):
    folder = report.folder
    kind = "new organisation" if report.founded else f"organisation {report.organisation.pk}"
    yield f"{report.organisation.name} ({kind})"
    yield f"  goals         {told(report.goals)}"
    yield f"  KPIs          {told(report.kpis)}"
    yield f"  measurements  {told(report.values)}"
    if folder.blank:
        yield f"  {counted(folder.blank, 'row')} of measurements.csv without a value: the source does not say"
    if folder.repeated:
        yield f"  {counted(folder.repeated, 'row')} of measurements.csv say the same twice: kept once"
    if folder.rounded:
        yield f"  {counted(folder.rounded, 'number')} rounded"
    for name, columns in folder.unread.items():
        yield f"  {name}: not read: {', '.join(columns)}"
    yield from quality(report.verdicts)
    if dry_run:
        yield "Dry run: nothing was kept."
    elif report.changed_nothing:
        yield "Nothing has changed since the last import."


def quality(verdicts: list[tuple[str, Verdict]]):
    """How well the goals are put: how many of each kind, the rules that most lack, the weakest goals."""
    if not verdicts:
        return
    bands = Counter(str(each.band) for _, each in verdicts)
    weak = sorted((each.score, title) for title, each in verdicts if each.band == Band.weak)
    yield f"  S.M.A.R.T.    {bands['good']:,} good, {bands['improve']:,} could be better, {bands['weak']:,} weak"
    lacking = Counter((advice.rule, message(advice)) for _, each in verdicts for advice in each.advice)
    for (rule, words), count in lacking.most_common(MOST_RULES):
        yield f"    {counted(count, 'goal')}: {rule} {words}"
    for score, title in weak[:MOST_WEAK]:
        yield f"    {score:>3} of 100: {title}"
    if len(weak) > MOST_WEAK:
        yield f"    ... and {len(weak) - MOST_WEAK:,} more weak goals"


def told(count: Counter[str]) -> str:
    """The counts that are not zero, in a fixed order."""
    words = {"new": "new", "changed": "changed", "unchanged": "unchanged", "left": "not in the files, left alone"}
    return ", ".join(f"{count[key]:,} {word}" for key, word in words.items() if count[key]) or "none"


def counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
