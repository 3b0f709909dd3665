"""Applying: the task list, its questions, documents, the declaration, and what became of it."""
