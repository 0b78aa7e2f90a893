"""Who is calling the REST API, and what their token allows."""

from datetime import timedelta

from django.utils import timezone
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated

from cascade import throttling
from people.models import ApiToken, Person, Scope


class BearerAuthentication(TokenAuthentication):
    """`Authorization: Bearer csc_...`; the person comes with unit and organisation. Guessing is slowed by address."""

    def authenticate(self, request):
        try:
            return super().authenticate(request)
        except AuthenticationFailed:
            throttling.count_wrong_token(request)
            raise

    def authenticate_credentials(self, token):
        if not token.isascii():
            raise AuthenticationFailed("Invalid token.")
        return super().authenticate_credentials(token)

    def validate_user(self, token):
        super().validate_user(token)
        person = Person.objects.select_related("organisation", "unit").get(pk=token.user_id)
        now = timezone.now()
        if token.last_used_at is None or now - token.last_used_at > timedelta(minutes=1):
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        return person, token


class TokenScopes(IsAuthenticated):
    """A browser session may do what its person may; a token also needs the scope of the view's method.

    A view names `write_scope` when writing needs another scope than `write`.
    """

    message = "The token's scope does not allow this."

    def has_permission(self, request, view):
        if not super().has_permission(request, view):
            return False
        if not isinstance(request.auth, ApiToken):
            return True
        safe = request.method in SAFE_METHODS
        return request.auth.allows(Scope.READ if safe else getattr(view, "write_scope", Scope.WRITE))
