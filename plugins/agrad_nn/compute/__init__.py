"""What is computed in the standard: plain functions of ``xp`` that the records in ``ops`` are made of."""
