//! Hostile and mistaken requests: each is refused with its field, stores nothing and kills nothing.
