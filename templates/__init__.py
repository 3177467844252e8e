"""Words and layout that customers see, as data: mails per locale, decks and reports. Holds no code."""
