"""What people tell each other about goals: signals upward, kudos, wins, and the feedback that joins them."""
