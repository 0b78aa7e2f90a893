"""The REST API's addresses: every app's resources joined in one router, the document and its pages."""

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

import cascade.insights.api
import goals.api
import kpis.api
import kpis.breakdown_api
import kpis.cycles.api
import kpis.draft_api
import kpis.proposals_api
import kpis.sight_api
import kpis.strategy.api
import people.api
import people.notifications_api
import reviews.api
import reviews.calendar.feed_api
from cascade.problems import unknown_path

APPS = (
    people.api,
    people.notifications_api,
    goals.api,
    kpis.api,
    kpis.draft_api,
    kpis.sight_api,
    kpis.breakdown_api,
    kpis.cycles.api,
    kpis.proposals_api,
    kpis.strategy.api,
    cascade.insights.api,
    reviews.api,
    reviews.calendar.feed_api,
)

router = SimpleRouter()
singles = []  # resources of which there is exactly one, such as `me/`, or one of a person's
for app in APPS:
    for prefix, viewset, *name in app.routes:  # a resource below another one has a name of its own
        router.register(prefix, viewset, basename=name[0] if name else prefix)
    for prefix, viewset, actions in app.singles:
        name = prefix.rsplit("/", 1)[-1]
        ending = "" if "." in name else "/"  # a file has none
        singles.append(path(prefix + ending, viewset.as_view(actions, basename=name, detail=False), name=name))


class Document(SpectacularAPIView):
    """The OpenAPI 3.1 document; anybody may read it."""

    authentication_classes = ()
    permission_classes = ()
    renderer_classes = (OpenApiJsonRenderer,)
    schema = None


@method_decorator(require_safe, name="dispatch")
@method_decorator(csp_update({"style-src": [SELF, UNSAFE_INLINE]}), name="dispatch")
class Pages(SpectacularSwaggerSplitView):
    """The browsable documentation. Swagger styles its parts in place, so this page alone may use inline styles."""

    authentication_classes = ()
    permission_classes = ()
    url_name = "api-document"
    schema = None


urlpatterns = [
    path("v1/openapi.json", Document.as_view(), name="api-document"),
    path("docs/", Pages.as_view(), name="api-docs"),
    path("docs", Pages.as_view()),
    path("v1/", include([*singles, *router.urls])),
    path("<path:rest>", unknown_path),
    path("", unknown_path),
]
