"""The library over the API."""


def keys(answer) -> list[str]:
    assert answer.status_code == 200, answer.body
    return [row["key"] for row in answer.body["results"]]


def test_kpi_templates_are_listed_by_function_and_words(ada):
    every = keys(ada.get("kpi-templates/?page_size=500"))
    assert len(every) >= 60
    assert keys(ada.get("kpi-templates/?function=hse")) == [
        "lost_time_injuries",
        "near_misses_reported",
        "safety_rounds",
        "carbon_emissions",
        "energy_per_unit",
        "waste_recycled",
    ]
    assert keys(ada.get("kpi-templates/?search=promoters")) == ["net_promoter_score"]
    assert keys(ada.get("kpi-templates/?function=hse&search=promoters")) == []
    assert ada.get("kpi-templates/?function=nothing").status_code == 400


def test_a_page_goes_on_where_the_last_one_ended(ada):
    first = ada.get("kpi-templates/?page_size=3&search=customers")
    assert len(keys(first)) == 3
    assert set(keys(ada.get(first.body["next"]))).isdisjoint(keys(first))


def test_one_template_makes_a_kpi(cast, cy):
    template = cy.get("kpi-templates/net_promoter_score/").body
    assert (template["function_name"], template["unit"], template["indicator"]) == ("Corporate", "points", "lead")
    assert cy.get("kpi-templates/nothing/").status_code == 404
    assert template["formula_in_words"] == "% promoters − % detractors"
    goal = cast.goal("Grow", owner=cast.cy)
    made = cy.post("kpis/", {**template, "goal": goal.pk, "baseline": "40", "target": "55"})
    assert made.status_code == 201, made.body
    assert made.body["definition"] == template["definition"]


def test_goal_templates_are_listed_by_level(ada):
    assert "own_customers" in keys(ada.get("goal-templates/?level=individual"))
    found = ada.get("goal-templates/stable_it/").body
    assert (found["level"], found["kpis"]) == ("department", ["availability", "time_to_restore"])
    assert len(found["factors"]) == 3
    assert ada.get("goal-templates/nothing/").status_code == 404
