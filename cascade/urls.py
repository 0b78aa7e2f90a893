from django.urls import include, path

from cascade.search_views import found
from cascade.welcome import welcome
from kpis.sight_views import home

urlpatterns = [
    path("", home, name="home"),
    path("search/", found, name="search"),
    path("welcome/", welcome, name="welcome"),
    path("accounts/", include("people.urls")),
    path("notifications/", include("people.inbox_urls")),
    path("api/", include("cascade.api")),
    path("", include("goals.urls")),
    path("", include("kpis.urls")),
    path("", include("kpis.strategy.urls")),
    path("cycles/", include("kpis.cycles.urls")),
    path("", include("kpis.payout.urls")),
    path("", include("reviews.urls")),
    path("", include("cascade.insights.urls")),
]

handler400 = "cascade.problems.bad_request"
handler403 = "cascade.problems.permission_denied"
handler404 = "cascade.problems.page_not_found"
handler500 = "cascade.problems.server_error"
handler429 = "cascade.refusals.too_many_requests"  # asked for by allauth
