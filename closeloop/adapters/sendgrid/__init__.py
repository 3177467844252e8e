"""SendGrid: one request carries up to 1,000 different mails, and says honestly what became of each."""
