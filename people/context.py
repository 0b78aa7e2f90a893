from django.conf import settings

from people import inbox


def shell(request):
    """What the frame of every page shows."""
    user = getattr(request, "user", None)
    person = user if user is not None and user.is_authenticated else None
    return {"person": person, "demo": settings.DEMO, "new_notifications": lambda: inbox.waiting_count(person)}
