from allauth.account.auth_backends import AuthenticationBackend

from people.models import Person


class PersonBackend(AuthenticationBackend):
    """allauth's sign-in by e-mail; the person comes with unit and organisation in one query."""

    def get_user(self, user_id):
        person = Person.objects.select_related("organisation", "unit").filter(pk=user_id).first()
        return person if person and self.user_can_authenticate(person) else None
