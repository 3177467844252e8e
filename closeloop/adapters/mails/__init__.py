"""Mails as they are sent: templates of a sales team, typed properties, one safe rendering."""
