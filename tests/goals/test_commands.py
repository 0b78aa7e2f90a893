from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from goals import progress
from goals.models import Goal, GoalFigures


@pytest.fixture
def pair(cast):
    top = cast.goal("Top")
    low = cast.goal("Low", top)
    progress.roll_up(cast.works.pk)
    return top, low


def test_check_is_silent_about_right_figures_and_names_wrong_ones(cast, pair, capsys):
    call_command("recalculate", "--check")
    assert "Works: 2 goals and 0 KPIs compared, 0 differences\n" in capsys.readouterr().out
    GoalFigures.objects.filter(goal=pair[0]).update(coverage=Decimal("0.5"))
    with pytest.raises(CommandError, match="1 stored figures"):
        call_command("recalculate", "--check")
    assert f"goal {pair[0].pk}: coverage is 0.5" in capsys.readouterr().out


def test_recalculate_puts_figures_right(cast, pair):
    GoalFigures.objects.update(coverage=Decimal("0.5"))
    call_command("recalculate", "--organisation", str(cast.works.pk))
    assert progress.differences(cast.works) == []


def test_check_tree_finds_and_repairs_damage(cast, pair, capsys):
    Goal.objects.filter(pk=pair[1].pk).update(lft=7, rght=9)
    with pytest.raises(CommandError, match="1 goals have wrong tree numbers"):
        call_command("check_tree")
    assert f"goal {pair[1].pk} has tree" in capsys.readouterr().out
    call_command("check_tree", "--repair")
    call_command("check_tree")
    assert "Works: 0 faults" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["recalculate", "check_tree"])
def test_an_unknown_organisation_is_said(db, command):
    with pytest.raises(CommandError, match="no organisation 99"):
        call_command(command, "--organisation", "99")
