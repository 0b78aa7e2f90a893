"""Moments are shown as the reader's clock shows them."""

import datetime as dt

from django.http import HttpResponse
from django.template import Context, Template
from django.urls import path

import cascade.urls

AT = dt.datetime(2026, 9, 7, 23, 30, tzinfo=dt.UTC)


def show(request):
    return HttpResponse(Template("{% load ui %}{{ at|moment }}").render(Context({"at": AT})))


urlpatterns = [path("show/", show), *cascade.urls.urlpatterns]


def test_each_reader_sees_the_time_of_their_own_place(cast, ada, bo, settings):
    settings.ROOT_URLCONF = __name__
    cast.ada.timezone = "Asia/Tokyo"
    cast.ada.save()
    assert ">8 Sep 2026, 08:30<" in ada.get("/show/").content.decode()
    assert ">7 Sep 2026, 23:30<" in bo.get("/show/").content.decode()
