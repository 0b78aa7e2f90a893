from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
]

handler500 = "cascade.unavailable.server_error"
