"""The REST API of levels, units, people, tokens and the person who asks."""

from datetime import timedelta

from django.http import Http404
from rest_framework.response import Response

from cascade.errors import Conflict
from cascade.paging import PageQuery, by
from cascade.resource import Resource, Rows, operation, refuse
from cascade.wire import moment
from people import access, levels
from people import serializers as shapes
from people.models import ApiToken, Level, Person, Role, Scope, Unit


class Levels(Rows):
    write_scope = Scope.ADMIN
    model, row, new, change, listed = Level, shapes.LevelRow, shapes.LevelNew, shapes.LevelChange, shapes.LevelQuery
    orders = {
        "rank": by("rank"),
        "-rank": by("rank", descending=True),
        "name": by("name"),
        "-name": by("name", descending=True),
    }

    def visible(self):
        return Level.objects.filter(organisation_id=self.person.organisation_id)

    def may_write(self):
        return access.can_administer(self.person)

    def add(self, fields):
        return levels.insert(self.person.organisation, **fields)

    def alter(self, row, fields):
        rank = fields.pop("rank", row.rank)
        if rank != row.rank:
            levels.reorder(row, rank)
        super().alter(row, fields)

    def remove(self, row):
        levels.remove(row)


class Units(Rows):
    write_scope = Scope.ADMIN
    model, row, new, change, listed = Unit, shapes.UnitRow, shapes.UnitNew, shapes.UnitNew, shapes.UnitQuery
    orders = {"path": by("path"), "name": by("name"), "-name": by("name", descending=True)}
    filters = {"external_id": "external_id", "parent": "parent", "kind": "kind"}

    def may_write(self):
        return access.can_administer(self.person)

    def remove(self, row):
        if row.people.exists() or row.goals.exists():
            raise Conflict("unit_in_use", "People or goals belong to this unit.")
        super().remove(row)


class People(Rows):
    """There is no DELETE: who leaves is made inactive, and what they did keeps its name."""

    http_method_names = ("get", "head", "post", "patch")
    write_scope = Scope.ADMIN
    model, row, new, change, listed = Person, shapes.PersonRow, shapes.PersonNew, shapes.PersonNew, shapes.PersonQuery
    orders = {
        "name": by("name"),
        "-name": by("name", descending=True),
        "joined_at": by("joined_at"),
        "-joined_at": by("joined_at", descending=True),
    }
    filters = {
        "external_id": "external_id",
        "unit": "unit",
        "manager": "manager",
        "role": "role",
        "active": "is_active",
        "email": "email__iexact",
    }

    def may_write(self):
        return access.can_administer(self.person)

    def add(self, fields):
        person = Person(organisation=self.person.organisation, **fields)
        person.set_unusable_password()
        person.full_clean(validate_unique=False, validate_constraints=False, exclude=["password"])
        self.refuse_taken(person)
        person.save()
        return person

    def alter(self, row, fields):
        leaves = row.is_active and fields.get("is_active") is False
        steps_down = row.is_admin and (leaves or fields.get("role", Role.ADMIN) != Role.ADMIN)
        if steps_down and not self.visible().active().filter(role=Role.ADMIN).exclude(pk=row.pk).exists():
            raise Conflict("last_administrator", "The organisation would have no administrator.")
        if leaves and row.goals.open().exists():
            raise Conflict("owns_goals", "Hand over the goals this person owns first.")
        for name, value in fields.items():
            setattr(row, name, value)
        self.refuse_taken(row)
        row.version += 1
        row.save()

    def refuse_taken(self, person):
        if Person.objects.filter(email__iexact=person.email).exclude(pk=person.pk).exists():
            refuse("email", "email_taken", "Somebody signs in with this address.")
        if person.manager_id and person.manager_id == person.pk:
            refuse("manager", "own_manager", "Nobody manages themselves.")


class MeResource(Resource):
    @operation(answer=shapes.Me)
    def retrieve(self, request):
        """The person who asks, and what they may do."""
        person, token = self.person, request.auth if isinstance(request.auth, ApiToken) else None
        return Response(
            {
                "id": person.pk,
                "email": person.email,
                "name": person.name,
                "role": person.role,
                "unit": person.unit_id,
                "manager": person.manager_id,
                "timezone": person.timezone,
                "organisation": person.organisation_id,
                "owns": person.goals.count(),
                "may": {
                    "administer": access.can_administer(person),
                    "run_cycle": access.can_run_cycle(person),
                    "see_everything": person.sees_everything,
                },
                "token": token
                and {"prefix": token.token_key, "scopes": token.scopes, "expires_at": moment(token.expiry)},
            }
        )


class Tokens(Resource):
    """A person's own tokens. Administrators of machines make them with `manage.py create_token`."""

    lookup_field, lookup_value_regex = "prefix", "csc_[0-9A-Za-z]{1,40}"
    write_scope = Scope.ADMIN
    secret = ("token",)

    def own(self):
        return ApiToken.objects.filter(user=self.person)

    def filled(self, digests: list[str]) -> list[dict]:
        rows = {row["digest"]: row for row in self.own().filter(pk__in=digests).values()}
        shape = shapes.TokenRow()
        return [shape.to_representation(rows[digest]) for digest in digests if digest in rows]

    @operation(query=PageQuery, answer=shapes.TokenRow, page=True)
    def list(self, request):
        """The person's tokens, without their secrets."""
        return self.paged(self.own(), by("created"), self.filled)

    @operation(body=shapes.TokenNew, answer=shapes.TokenMade, status=201)
    def create(self, request):
        """A new token for the person who asks; its text is shown this once."""
        body = self.body()
        token, text = ApiToken.objects.create(
            self.person,
            expiry=timedelta(days=body["days"]),
            name=body["name"],
            scopes=body["scopes"],
            kpi_ids=body.get("kpis", []),
        )
        return Response({**self.filled([token.pk])[0], "token": text}, 201)

    @operation(status=204)
    def destroy(self, request, prefix):
        """Revokes a token of one's own; it is refused from now on."""
        deleted, _ = self.own().filter(token_key=prefix).delete()
        if not deleted:
            raise Http404
        return Response(status=204)


routes = [("levels", Levels), ("units", Units), ("people", People), ("tokens", Tokens)]
singles = [("me", MeResource, {"get": "retrieve"})]
