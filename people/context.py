from django.conf import settings


def shell(request):
    """What the frame of every page shows."""
    person = getattr(request, "user", None)
    return {"person": person if person is not None and person.is_authenticated else None, "demo": settings.DEMO}
