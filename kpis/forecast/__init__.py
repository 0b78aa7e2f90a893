"""Where KPIs and goals will end up if their trend goes on (docs/domain.md section 11)."""
