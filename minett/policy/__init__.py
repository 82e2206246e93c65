"""Pure decisions with reasons: who may do what, in which state, under which permit. It reads no database."""
