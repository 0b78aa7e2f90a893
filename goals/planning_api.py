"""The REST API of what goals are planned in: the organisation's settings, and perspectives."""

from rest_framework.response import Response

from cascade import versions
from cascade.paging import by
from cascade.resource import Resource, Rows, operation
from goals import organisations
from goals import serializers as shapes
from goals.models import Perspective
from people import access
from people.models import Organisation, Scope
from people.serializers import OrganisationChange, OrganisationRow


class OrganisationResource(Resource):
    write_scope = Scope.ADMIN

    def shown(self, organisation) -> Response:
        row = {name: getattr(organisation, name) for name in OrganisationRow.columns() if name != "today"}
        return Response(OrganisationRow().to_representation({**row, "today": organisation.today()}))

    @operation(answer=OrganisationRow)
    def retrieve(self, request):
        """The organisation of the person who asks, with the settings that decide its figures."""
        return self.shown(Organisation.objects.get(pk=self.person.organisation_id))

    @operation(body=OrganisationChange, answer=OrganisationRow, versioned=True)
    def partial_update(self, request):
        """Change the organisation's settings; every figure is calculated again.

        Errors have the codes `thresholds`, `out_of_range` and `unknown_timezone`.
        """
        self.may(access.can_administer(self.person))
        version = versions.expected(request, self.person.organisation.version)
        organisation = organisations.revise(self.person, version, **self.body(partial=True))
        return self.shown(organisation)


class Perspectives(Rows):
    model, row, new = Perspective, shapes.PerspectiveRow, shapes.PerspectiveNew
    change, listed = shapes.PerspectiveNew, shapes.PerspectiveQuery
    orders = {
        "position": by("position"),
        "-position": by("position", descending=True),
        "name": by("name"),
        "-name": by("name", descending=True),
    }

    def may_write(self):
        return access.can_administer(self.person)
