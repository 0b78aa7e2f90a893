from django.core.management.base import BaseCommand, CommandError

from cascade.health import readiness


class Command(BaseCommand):
    help = "Ends with code 0 when this part was alive lately: the health check of containers without a port."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("part", choices=["database", "migrations", "broker", "worker", "beat"])

    def handle(self, part, **options):
        if not readiness()[part]:
            raise CommandError(f"{part} is not alive")
