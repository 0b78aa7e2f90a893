from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
    path("api/", include("cascade.api")),
    path("", include("goals.urls")),
]

handler400 = "cascade.problems.bad_request"
handler404 = "cascade.problems.page_not_found"
handler500 = "cascade.problems.server_error"
