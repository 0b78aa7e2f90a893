"""The OpenAPI document, made from the same declarations that check the requests."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_doc, is_list_serializer
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from cascade.paging import PageEnvelope
from cascade.problems import CODES, MEDIA_TYPE, Problem

MEANINGS = {
    400: "Bad input: `errors` names the fields.",
    401: "No token, or one that is wrong, expired or revoked.",
    403: "The person, or the token's scope, may not do this.",
    404: "It is not there, or the person may not see it.",
    405: "This address does not take the method.",
    409: "It conflicts with what is stored; `code` says how.",
    412: "The version in If-Match is not the stored one; `current` is. Nothing was changed.",
    413: "The body is too large.",
    415: "The body is of a type that is not taken here.",
    429: "Too many requests; try again after `Retry-After` seconds.",
    503: "The database is busy or away; try again after `Retry-After` seconds.",
}
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="The ETag the change is meant for; without it the last wins."
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="At most 200 characters; the same request with the same key within 24 hours does nothing twice.",
)
PREFER = OpenApiParameter(
    "Prefer", str, OpenApiParameter.HEADER, description="`wait=5` waits up to 5 (at most 30) seconds for the roll-up."
)
ETAG = OpenApiParameter("ETag", str, OpenApiParameter.HEADER, response=["200", "201"], description="The row's version.")
RETRY_AFTER = OpenApiParameter("Retry-After", int, OpenApiParameter.HEADER, response=["429", "503"])
IDS = OpenApiParameter("id", {"type": "integer", "minimum": 1}, OpenApiParameter.PATH)
DATES = OpenApiParameter("date", {"type": "string", "format": "date"}, OpenApiParameter.PATH)


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = "people.tokens.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer csc_...`"}


class Schema(AutoSchema):
    @property
    def declared(self):
        return self.view.operation_of(self.view.action)

    def get_operation_id(self):
        return f"{self.view.basename}_{self.view.action}".replace("-", "_")

    def get_tags(self):
        return [self.view.basename]

    def get_description(self):
        return "\n".join(self.told()[1:]).strip() or self.get_summary()

    def get_summary(self):
        return self.told()[0].rstrip(".")

    def told(self) -> list[str]:
        handler = getattr(self.view, self.view.action)
        lines = (get_doc(handler) or "").splitlines()
        return lines or [f"{self.view.action.replace('_', ' ').capitalize()}: {self.view.basename.replace('-', ' ')}"]

    def get_override_parameters(self):
        declared, own = self.declared, []
        if "{id}" in self.path:
            own.append(IDS)
        if "{date}" in self.path:
            own.append(DATES)
        if declared.query._declared_fields:
            own.append(declared.query)
        if declared.versioned:
            own.append(IF_MATCH)
        if self.method == "POST":
            own.append(IDEMPOTENCY_KEY)
        shape = declared.answer
        if shape and not (declared.page or declared.many) and "version" in getattr(shape, "_declared_fields", {}):
            own.append(ETAG)
        return [*own, PREFER, RETRY_AFTER]

    def get_request_serializer(self):
        body = self.declared.body
        if isinstance(body, type):
            return body(partial=self.method == "PATCH")
        return body

    def get_response_serializers(self):
        declared = self.declared
        answer = declared.answer
        if answer is not None and declared.page:
            answer = paged(answer)
        elif answer is not None and declared.many:
            answer = answer(many=True)
        return {status: answer for status in (declared.status, declared.also) if status}

    def get_examples(self):
        return list(self.declared.examples)

    def _is_list_view(self, serializer=None):
        return is_list_serializer(serializer)

    def _get_response_bodies(self, direction="response"):
        bodies = super()._get_response_bodies(direction)
        reference = self.resolve_serializer(Problem, "response").ref
        for status in self.refused():
            headers = self._get_response_headers_for_code(str(status))
            bodies[str(status)] = {
                **({"headers": headers} if headers else {}),
                "description": MEANINGS[status],
                "content": {MEDIA_TYPE: {"schema": reference}},
            }
        return bodies

    def refused(self) -> list[int]:
        declared = self.declared
        found = {400, 401, 403, 429, 503, *declared.refuses}
        if "{" in self.path:
            found.add(404)
        if self.method != "GET":
            found |= {404, 409, 413, 415}
        if declared.versioned:
            found.add(412)
        return sorted(found & CODES.keys())


pages: dict[type, type] = {}


def paged(answer: type) -> serializers.Serializer:
    """The shape of a page of these rows."""
    if answer not in pages:
        pages[answer] = type(f"{answer.__name__}Page", (PageEnvelope,), {"results": answer(many=True)})
    return pages[answer]()
