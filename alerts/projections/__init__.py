"""What people look at: one file is a table, its fold and its questions. Everything here can be dropped and folded again."""
