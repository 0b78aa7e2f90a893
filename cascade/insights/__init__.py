"""Gaps in an organisation's goals, and how far its strategy reaches (docs/domain.md section 18)."""
