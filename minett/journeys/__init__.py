"""Steps that span two nouns or more. A journey opens the outer transaction; planes are called outside of it."""
