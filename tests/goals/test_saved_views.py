"""Views of the tree under a name: what is kept, who may share and delete, and which one opens first."""

import pytest

from goals import saved_views
from goals.models import OpenGoals, SavedView
from tests.cast import signed_in
from tests.goals.asking import address, get, post, sentence


@pytest.fixture(autouse=True)
def grow(cast):
    return cast.goal("Grow a&b")


def save(person, name: str = "Mine", query: str = "status=at_risk&columns=owner,gap&sort=-gap", **fields):
    return signed_in(person).post(address("save_view"), {"name": name, "query": query, **fields})


def change(person, view: SavedView, act: str, query: str = ""):
    return signed_in(person).post(address("change_view", view, act), {"query": query})


@pytest.fixture
def view(cast) -> SavedView:
    save(cast.bo, shared="on")
    return SavedView.objects.get()


def test_a_view_keeps_what_the_filters_understand_and_stands_in_the_address(cast):
    answer = save(
        cast.cy, query="owner=nobody&nonsense=1&level=99999&columns=owner,what,gap&sort=-gap&open=1,2&q=a%26b"
    )
    view = cast.cy.saved_views.get()
    assert view.query == "q=a%26b&owner=nobody&columns=owner,gap&sort=-gap"
    assert answer.url == f"{address('tree')}?{view.query}&view={view.pk}"
    page = sentence(signed_in(cast.cy).get(answer.url))
    assert all(f'class="{mark}' in page for mark in ("tg-owner", "num tg-gap"))
    assert "tg-status" not in page
    assert 'aria-sort="descending"' in page
    assert save(cast.cy, query="x" * 5000).status_code == 302
    assert save(cast.cy, name="").status_code == 302
    assert cast.cy.saved_views.count() == 1


def test_the_same_name_again_replaces_the_view(cast):
    save(cast.cy)
    save(cast.cy, query="q=b")
    assert cast.cy.saved_views.get().query == "q=b"
    save(cast.bo)
    assert SavedView.objects.count() == 2


def test_only_who_answers_for_others_shares(cast):
    assert save(cast.cy, shared="on").status_code == 403
    assert save(cast.dee, shared="on").status_code == 403
    assert save(cast.bo, shared="on").status_code == 302
    assert save(cast.cy).status_code == 302
    mine = cast.cy.saved_views.get()
    assert change(cast.cy, mine, "share").status_code == 403


def test_others_use_a_shared_view_but_do_not_change_it(cast, view):
    assert "Mine" in sentence(get(cast.cy, "tree"))
    assert "Mine" not in sentence(get(cast.eve, "tree"))
    for act in ("replace", "delete", "unshare", "first"):
        assert change(cast.cy, view, act, "").status_code == 403
        assert change(cast.eve, view, act, "").status_code == 404
    assert change(cast.ada, view, "first").status_code == 403
    assert change(cast.ada, view, "unshare").status_code == 302
    assert "Mine" not in sentence(get(cast.cy, "tree"))
    assert change(cast.ada, view, "delete").status_code == 404


def test_its_owner_changes_shares_and_deletes_it(cast, view):
    change(cast.bo, view, "replace", "q=new&what=ever")
    change(cast.bo, view, "unshare")
    view.refresh_from_db()
    assert (view.query, view.shared) == ("q=new", False)
    change(cast.bo, view, "share")
    assert SavedView.objects.visible_to(cast.cy).exists()
    assert get(cast.bo, "change_view", view, "delete").status_code == 405
    assert change(cast.bo, view, "nonsense").status_code == 404
    change(cast.bo, view, "delete")
    assert not SavedView.objects.exists()


def test_one_view_of_mine_opens_first_and_only_when_nothing_else_was_asked_for(cast, view):
    assert get(cast.bo, "tree").status_code == 200
    save(cast.bo, name="First", is_default="on")
    change(cast.bo, view, "first")
    assert list(cast.bo.saved_views.filter(is_default=True)) == [view]
    assert get(cast.bo, "tree").url == f"{address('tree')}?{saved_views.address(view)}"
    assert get(cast.bo, "tree", q="a").status_code == 200
    assert get(cast.cy, "tree").status_code == 200
    change(cast.bo, view, "not-first")
    assert get(cast.bo, "tree").status_code == 200


def test_a_changed_view_says_so_and_can_be_saved_as_it_is(cast, view):
    same = sentence(signed_in(cast.bo).get(f"{address('tree')}?{saved_views.address(view)}"))
    other = sentence(get(cast.bo, "tree", view=view.pk, q="b"))
    assert ("Save as it is shown now" in same, "Save as it is shown now" in other) == (False, True)
    assert "Save as it is shown now" not in sentence(get(cast.cy, "tree", view=view.pk, q="b"))


def test_names_of_any_kind_are_shown_as_written(cast):
    save(cast.cy, name="<b>=1+1</b> نص")
    assert "&lt;b&gt;=1+1&lt;/b&gt; نص" in sentence(get(cast.cy, "tree"))


def test_what_is_open_is_remembered_for_a_person_and_a_cycle(cast):
    top = cast.goal("Top")
    a = cast.goal("Amid", top)
    cast.goal("A1", a)
    assert "A1" not in sentence(get(cast.ada, "tree"))
    kept = post(cast.ada, "keep_open", htmx=False, query={"cycle": cast.cycle.pk}, open=f"{top.pk},{a.pk},x")
    assert kept.status_code == 204
    assert OpenGoals.objects.get().goals == [top.pk, a.pk]
    assert ">A1<" in sentence(get(cast.ada, "tree"))
    assert ">A1<" not in sentence(get(cast.cy, "tree"))
    assert ">A1<" not in sentence(get(cast.ada, "tree", open=str(top.pk)))
    assert ">A1<" in sentence(get(cast.cy, "tree", open="all"))
    assert get(cast.ada, "keep_open").status_code == 405
    post(cast.ada, "keep_open", htmx=False, open="")
    assert ">Amid<" not in sentence(get(cast.ada, "tree"))


def test_every_column_can_be_shown_and_none_but_the_goal_must_be(cast):
    cast.goal("A", cast.goal("Top"), owner=cast.cy, unit=cast.sales, perspective=cast.customer)
    every = "level,owner,unit,perspective,weight,effective,progress,gap,status,coverage,kpis,upd,due"
    page = sentence(get(cast.ada, "tree", columns=every))
    assert all(f"tg-{name}" in page for name in every.split(","))
    assert "is-wide" in page
    bare = sentence(get(cast.ada, "tree", columns=""))
    assert not any(f"tg-{name}" in bare for name in every.split(","))
    assert "is-wide" not in bare
