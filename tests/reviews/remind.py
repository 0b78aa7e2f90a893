"""A worker of its own process: python -m tests.reviews.remind ORGANISATION FOLDER sends what is due, into a folder."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cascade.settings")


def main() -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.utils import timezone

    from people.models import Organisation
    from reviews.reminders import sending

    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = sys.argv[2]
    print("ready", flush=True)
    sys.stdin.readline()
    sending.run(Organisation.objects.get(pk=int(sys.argv[1])), timezone.now())


if __name__ == "__main__":
    main()
