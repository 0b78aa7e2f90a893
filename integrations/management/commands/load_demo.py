from django.core.management.base import BaseCommand

from integrations.demo import barcelona, loading


class Command(BaseCommand):
    help = "Loads the demo company and real figures of Barcelona, each unless it is there already."

    def handle(self, verbosity, **options):
        for load in (loading.load, barcelona.load):
            organisation = load()
            if organisation is not None and verbosity:
                self.stdout.write(f"{organisation.name} is loaded.")
