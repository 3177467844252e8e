"""Sources of facts about accounts and addresses. Each fact carries its source, age and confidence."""
