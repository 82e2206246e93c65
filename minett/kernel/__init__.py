"""Words that every room uses: actor, errors, clock, quantities, texts. It knows no framework and no noun."""
