"""Signing in and passwords. Of allauth's pages only those that Cascade offers."""

from allauth.account import views as allauth
from django.urls import path, re_path

from people import views

urlpatterns = [
    path("login/", views.SignIn.as_view(), name="account_login"),
    path("demo/", views.demo_sign_in, name="demo_sign_in"),
    path("language/", views.choose_language, name="language"),
    path("logout/", allauth.logout, name="account_logout"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    path("signup/", allauth.signup, name="account_signup"),
    path("password/change/", allauth.password_change, name="account_change_password"),
    path("password/set/", allauth.password_set, name="account_set_password"),
    path("password/reset/", allauth.password_reset, name="account_reset_password"),
    path("password/reset/done/", allauth.password_reset_done, name="account_reset_password_done"),
    path("password/reset/key/done/", allauth.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        allauth.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]
