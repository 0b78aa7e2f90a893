"""KPIs that come from other KPIs, by links or by a formula (docs/domain.md section 7); the maths is kpis/derived.py."""
