"""What other systems hold: tokens, and the keys of requests that were answered already."""

from django.db import models
from knox.models import AbstractAuthToken

from people.models.person import Person


class Scope(models.TextChoices):
    READ = "read", "Read"
    WRITE = "write", "Write"
    MEASUREMENTS = "measurements:write", "Record measurements"
    ADMIN = "admin", "Administer"


class ApiToken(AbstractAuthToken):
    """A key for another system: stored hashed, shown once, never allowed more than its person.

    `kpi_ids` narrows `measurements:write` to the named KPIs; empty means every KPI the person may record.
    """

    name = models.CharField(max_length=100)
    scopes = models.JSONField(default=list)
    kpi_ids = models.JSONField(default=list)
    last_used_at = models.DateTimeField(null=True)

    def allows(self, scope: str) -> bool:
        implied = {
            Scope.READ: {Scope.READ, Scope.WRITE, Scope.ADMIN},
            Scope.WRITE: {Scope.WRITE, Scope.ADMIN},
            Scope.MEASUREMENTS: {Scope.MEASUREMENTS, Scope.WRITE, Scope.ADMIN},
            Scope.ADMIN: {Scope.ADMIN},
        }
        return bool(implied[Scope(scope)] & set(self.scopes))


class IdempotencyKey(models.Model):
    """The answer given to a POST with an Idempotency-Key, kept 24 hours and written in the same transaction."""

    person = models.ForeignKey(Person, models.CASCADE)
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="idempotency_key_unique")]
