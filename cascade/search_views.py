"""The search: a page of its own, and what the palette shows while one types."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from cascade.search import search


@require_safe
def found(request):
    text = request.GET.get("q", "").replace("\x00", "")
    context = {"groups": search(request.user, text), "text": text.strip()}
    return render(request, "shell/found.html" if request.htmx else "search.html", context)
