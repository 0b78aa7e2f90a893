from django.urls import path

from kpis import breakdown_views, draft_views, entry_views, proposal_views, sight_views, views
from kpis import entry_views, factor_views, help_views, initiative_views, sight_views, views

app_name = "kpis"

urlpatterns = [
    path("kpis/<int:pk>/", views.detail, name="detail"),
    path("kpis/<int:pk>/edit/", views.edit, name="edit"),
    path("kpis/<int:pk>/state/", views.change_state, name="state"),
    path("kpis/<int:pk>/first-value/", views.use_first_value, name="use_first_value"),
    path("kpis/<int:pk>/values/<str:first>/", views.record, name="record"),
    path("kpis/<int:pk>/values/<str:first>/withdraw/", views.withdraw, name="withdraw"),
    path("goals/<int:goal_id>/kpis/new/", views.new, name="new"),
    path("goals/<int:goal_id>/break-down/", breakdown_views.break_down, name="break_down"),
    path("goals/<int:goal_id>/proposal/", proposal_views.proposal, name="proposal"),
    path("goals/<int:goal_id>/proposal/<slug:word>/", proposal_views.answer, name="answer"),
    path("goals/<int:goal_id>/factors/", factor_views.all_of, name="factors"),
    path("goals/<int:goal_id>/factors/<int:pk>/remove/", factor_views.remove, name="remove_factor"),
    path("goals/<int:goal_id>/factors/<int:pk>/link/<int:kpi_id>/", factor_views.link, name="link_factor"),
    path("goals/<int:goal_id>/factors/<int:pk>/unlink/<int:kpi_id>/", factor_views.unlink, name="unlink_factor"),
    path("goals/<int:goal_id>/initiatives/", initiative_views.all_of, name="initiatives"),
    path("goals/<int:goal_id>/initiatives/<int:pk>/", initiative_views.change, name="initiative"),
    path("goals/<int:goal_id>/initiatives/<int:pk>/history/", initiative_views.history, name="initiative_history"),
    path("goals/<int:goal_id>/initiatives/<int:pk>/milestones/", initiative_views.add_milestone, name="milestones"),
    path(
        "goals/<int:goal_id>/initiatives/<int:pk>/milestones/<int:step_id>/",
        initiative_views.milestone,
        name="milestone",
    ),
    path("goals/<int:goal_id>/initiatives/<int:pk>/<slug:state>/", initiative_views.set_state, name="initiative_state"),
    path("goals/<int:goal_id>/help/", help_views.help_all, name="help"),
    path("goals/<int:goal_id>/help/<int:pk>/remove/", help_views.remove_resource, name="remove_resource"),
    path("goals/<int:goal_id>/processes/", help_views.process_all, name="processes"),
    path("goals/<int:goal_id>/processes/<int:pk>/untie/<int:kpi_id>/", help_views.untie, name="untie_process"),
    path("people/<int:pk>/line-of-sight/", sight_views.line_of_sight, name="line_of_sight"),
    path("line-of-sight/<int:pk>/<str:first>/", entry_views.enter, name="enter"),
    path("line-of-sight/<int:pk>/<str:first>/preview/", entry_views.preview, name="preview"),
    path("what-if/", draft_views.whatif, name="whatif"),
    path("what-if/<int:pk>/", draft_views.draft, name="draft"),
    path("what-if/<int:pk>/sentence/", draft_views.told, name="draft_sentence"),
    path("what-if/<int:pk>/find/", draft_views.find, name="draft_find"),
    path("what-if/<int:pk>/add/", draft_views.add, name="draft_add"),
    path("what-if/<int:pk>/name/", draft_views.name, name="draft_name"),
    path("what-if/<int:pk>/state/", draft_views.state, name="draft_state"),
    path("what-if/<int:pk>/copy/", draft_views.copy, name="draft_copy"),
    path("what-if/<int:pk>/renew/", draft_views.renew, name="draft_renew"),
    path("what-if/<int:pk>/apply/", draft_views.apply, name="draft_apply"),
    path("what-if/<int:pk>/goal/<int:goal_id>/place/", draft_views.place, name="draft_place"),
    path("what-if/<int:pk>/<slug:kind>/<int:subject_id>/", draft_views.change, name="draft_change"),
    path("what-if/<int:pk>/<slug:kind>/<int:subject_id>/remove/", draft_views.remove, name="draft_remove"),
]
