"""One file per version of the tables; each is released once and never changed again."""
