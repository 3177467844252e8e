"""The people the mails go to: seeded, with a mind of their own that no order of arrival can change."""
