"""How well the forecasts would have done on an organisation's own history."""

from django.core.management.base import BaseCommand, CommandError

from kpis.forecast.backtest import Score, backtest
from people.models import Organisation


class Command(BaseCommand):
    help = (
        "Cuts each KPI's values again and again, foresees a later one from those before, and tells how often it fell "
        "into the 80 % interval and how far off the line was, beside simply keeping the last value."
    )

    def add_arguments(self, parser):
        parser.add_argument("--organisation", type=int, help="Its id; may be left out where there is one.")
        parser.add_argument("--ahead", type=int, default=3, help="Periods to look ahead (3).")

    def handle(self, *args, organisation, ahead, **options):
        found = Organisation.objects.order_by("pk")
        chosen = found.filter(pk=organisation).first() if organisation else found.first()
        if chosen is None or (organisation is None and found.count() > 1):
            known = ", ".join(f"{each.pk} {each.name}" for each in found)
            raise CommandError(f"Say which with --organisation: {known or 'there is none'}.")
        if ahead < 1:
            raise CommandError("At least one period ahead.")
        scores = backtest(chosen, ahead)
        self.stdout.write(f"{chosen.name}: {ahead} periods ahead; an 80 % interval should cover about 80 %.")
        if not scores:
            self.stdout.write("No KPI has enough values yet.")
            return
        self.stdout.write(f"{'cadence':<12}{'KPIs':>6}{'forecasts':>11}{'covered':>9}{'error':>9}{'last value':>12}")
        for name, score in scores.items():
            self.stdout.write(line(name, score))


def line(name: str, score: Score) -> str:
    errors = f"{score.error:>9.3f}{score.naive:>12.3f}"
    return f"{name:<12}{score.kpis:>6}{score.forecasts:>11}{score.covered / score.forecasts:>9.0%}{errors}"
