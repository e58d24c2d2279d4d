"""How a database comes from one shape of our tables to the next. A revision once released is never changed."""
