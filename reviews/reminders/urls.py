from django.urls import path

from reviews.reminders import settings_views, views

urlpatterns = [
    path("check-in/<str:token>/", views.check_in, name="check_in_link"),
    path("reminders/stop/<str:token>/", views.stop, name="stop_mails"),
    path("settings/reminders/", settings_views.mine, name="reminder_settings"),
    path("settings/reminders/away/", settings_views.away, name="away"),
    path("settings/reminders/chat/<str:whose>/", settings_views.try_chat, name="try_chat"),
    path("settings/reminders/organisation/", settings_views.organisation, name="reminder_rules"),
]
