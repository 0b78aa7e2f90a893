from django.urls import path

from goals.views import board, detail, drafting, editing, explain, moving, panel, states, tree
from goals.views import alignments, board, comments, detail, editing, explain, moving, panel, states, tree

app_name = "goals"

urlpatterns = [
    path("dashboard/", board.dashboard, name="dashboard"),
    path("dashboard/board-pack.pdf", board.pack, name="board_pack"),
    path("dashboard/changed/", board.changed, name="dashboard_changed"),
    path("dashboard/progress/", board.progress, name="dashboard_progress"),
    path("dashboard/cascade/", board.cascade, name="dashboard_cascade"),
    path("goals/", tree.page, name="tree"),
    path("goals/rows/", tree.rows, name="rows"),
    path("goals/new/", editing.new, name="new"),
    path("goals/<int:goal_id>/new/", editing.new, name="new"),
    path("goals/add/", editing.add, name="add_top"),
    path("goals/owners/", editing.owners, name="owners"),
    path("goals/<int:pk>/", detail.detail, name="detail"),
    path("goals/<int:pk>/explain/", explain.explain, name="explain"),
    path("goals/<int:pk>/explain.csv", explain.explain_csv, name="explain_csv"),
    path("goals/<int:pk>/history/", detail.history, name="history"),
    path("goals/<int:pk>/delete/", detail.delete, name="delete"),
    path("goals/<int:goal_id>/comments/", comments.all_of, name="comments"),
    path("goals/<int:goal_id>/comments/people/", comments.people, name="comment_people"),
    path("goals/<int:goal_id>/comments/<int:pk>/", comments.edit, name="edit_comment"),
    path("goals/<int:goal_id>/comments/<int:pk>/delete/", comments.delete, name="delete_comment"),
    path("goals/<int:goal_id>/alignments/", alignments.all_of, name="alignments"),
    path("goals/<int:goal_id>/alignments/goals/", alignments.candidates, name="alignment_goals"),
    path("goals/<int:goal_id>/alignments/<int:pk>/remove/", alignments.remove, name="remove_alignment"),
    path("goals/<int:goal_id>/panel/", panel.panel, name="panel"),
    path("goals/<int:goal_id>/edit/", editing.edit, name="edit"),
    path("goals/<int:goal_id>/add/", editing.add, name="add"),
    path("goals/<int:goal_id>/cell/<slug:name>/", editing.cell, name="cell"),
    path("goals/<int:goal_id>/move/", moving.move, name="move"),
    path("goals/<int:goal_id>/move/preview/", moving.preview, name="move_preview"),
    path("goals/undo/<int:act_id>/", moving.take_back, name="undo"),
    path("goals/<int:goal_id>/state/", states.actions, name="state"),
    path("goals/<int:goal_id>/state/<slug:state>/", states.change, name="change_state"),
    path("goals/draft/", drafting.begin, name="draft_begin"),
    path("goals/draft/<int:draft_id>/", drafting.page, name="draft"),
    path("goals/draft/<int:draft_id>/rows/", drafting.rows, name="draft_rows"),
    path("goals/draft/<int:draft_id>/back/", drafting.back, name="draft_back"),
    path("goals/draft/<int:draft_id>/<int:goal_id>/move/", drafting.move, name="draft_move"),
    path("goals/draft/<int:draft_id>/<int:goal_id>/move/preview/", drafting.preview, name="draft_move_preview"),
    path("goals/draft/<int:draft_id>/<int:goal_id>/panel/", drafting.details, name="draft_panel"),
    path("goals/draft/<int:draft_id>/<int:goal_id>/state/", drafting.actions, name="draft_actions"),
]
