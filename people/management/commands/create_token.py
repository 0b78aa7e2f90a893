from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError

from people.models import ApiToken, Person, Scope


class Command(BaseCommand):
    help = "Makes an API token for a person and prints it, once, as the last word."

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("--scope", choices=Scope.values, action="append", required=True)
        parser.add_argument("--name", default="made on the command line")
        parser.add_argument("--days", type=int, default=365, help="days until it expires (default 365)")

    def handle(self, email, scope, name, days, **options):
        person = Person.objects.active().filter(email__iexact=email).first()
        if person is None:
            raise CommandError(f"Nobody active signs in as {email}.")
        token, text = ApiToken.objects.create(person, expiry=timedelta(days=days), name=name, scopes=scope)
        self.stdout.write(f"Token for {person.name} ({', '.join(scope)}), valid until {token.expiry:%Y-%m-%d}: {text}")
