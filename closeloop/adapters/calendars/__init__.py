"""Calendar parts of mails: iCalendar objects written and read."""
