"""Planning, the goal tree, its figures: one module a subject."""

from goals.models.acts import Act
from goals.models.alignment import Alignment
from goals.models.carried import CarriedGoal
from goals.models.causal import CausalLink
from goals.models.comment import Comment, Mention
from goals.models.contributors import ContributorsChange
from goals.models.draft import Draft
from goals.models.figures import DirtyMark, GoalFigures, GoalSnapshot, RollupState
from goals.models.goal import Goal, GoalQuerySet, TreeNumber
from goals.models.kudos import Kudos, KudosJoined, KudosQuerySet, KudosReceiver
from goals.models.planning import Cycle, OrganisationQuerySet, Perspective
from goals.models.signal import Signal, SignalQuerySet, SignalRound
from goals.models.tree_state import OpenGoals, SavedView
from goals.models.win import Win

__all__ = [
    "Act",
    "Alignment",
    "CarriedGoal",
    "CausalLink",
    "Comment",
    "ContributorsChange",
    "Cycle",
    "DirtyMark",
    "Draft",
    "Goal",
    "GoalFigures",
    "GoalQuerySet",
    "GoalSnapshot",
    "Kudos",
    "KudosJoined",
    "KudosQuerySet",
    "KudosReceiver",
    "Mention",
    "OpenGoals",
    "OrganisationQuerySet",
    "Perspective",
    "RollupState",
    "SavedView",
    "Signal",
    "SignalQuerySet",
    "SignalRound",
    "TreeNumber",
    "Win",
]
