"""Who may do what: users, sessions, one-time links, tokens, roles and the record of what was done."""
