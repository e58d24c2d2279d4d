"""The language and the memory: every fact the house can say, and the log that keeps them. Imports none of ours."""
