"""The calendar of reviews as people change it and read it: settings, moving, the year, feeds and invitations."""
