//! Documents that must be refused, with the key they must name.
