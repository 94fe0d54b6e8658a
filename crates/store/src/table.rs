//! Row types: a struct whose fields are a table's columns, readable and writable on both engines.

use crate::{Result, Tx};

/// A row type. The `table!` macro writes this.
pub(crate) trait Stored: Sized {
    /// The table.
    const TABLE: &'static str;
    /// Its columns in the order of the struct's fields, with commas.
    const COLUMNS: &'static str;
    /// How many columns there are.
    const WIDTH: usize;
    /// Pushes the values of a row for SQLite.
    fn push_sqlite(&self, to: &mut sqlx::QueryBuilder<sqlx::Sqlite>) -> Result<()>;
    /// Pushes the values of a row for PostgreSQL.
    fn push_postgres(&self, to: &mut sqlx::QueryBuilder<sqlx::Postgres>) -> Result<()>;
}

/// SQLite takes at most 32,766 parameters in a statement.
const PARAMETERS: usize = 30_000;

impl Tx {
    /// Writes one new row.
    pub(crate) async fn insert<T: Stored>(&mut self, row: &T) -> Result<()> {
        self.insert_all(std::slice::from_ref(row)).await
    }

    /// Writes new rows, as many in a statement as the engines allow.
    pub(crate) async fn insert_all<T: Stored>(&mut self, rows: &[T]) -> Result<()> {
        self.put_all(rows, "").await
    }

    /// Writes rows as [`Self::insert_all`] does; `conflict` is the `ON CONFLICT` clause that says what becomes of those
    /// that are there already.
    pub(crate) async fn put_all<T: Stored>(&mut self, rows: &[T], conflict: &str) -> Result<()> {
        for part in rows.chunks(PARAMETERS / T::WIDTH) {
            match self {
                Self::Sqlite(t) => {
                    let mut q = head::<_, T>();
                    for (i, row) in part.iter().enumerate() {
                        q.push(if i == 0 { "(" } else { "), (" });
                        row.push_sqlite(&mut q)?;
                    }
                    q.push(") ").push(conflict).build().execute(&mut **t).await?;
                }
                Self::Postgres(t) => {
                    let mut q = head::<_, T>();
                    for (i, row) in part.iter().enumerate() {
                        q.push(if i == 0 { "(" } else { "), (" });
                        row.push_postgres(&mut q)?;
                    }
                    q.push(") ").push(conflict).build().execute(&mut **t).await?;
                }
            }
        }
        Ok(())
    }
}

fn head<DB: sqlx::Database, T: Stored>() -> sqlx::QueryBuilder<DB> {
    let mut q = sqlx::QueryBuilder::new("INSERT INTO ");
    q.push(T::TABLE).push(" (").push(T::COLUMNS).push(") VALUES ");
    q
}

/// Defines a row type of a table; its fields are the table's columns.
macro_rules! table {
    (
        $(#[$doc:meta])*
        $table:literal => pub struct $name:ident {
            $(#[$doc1:meta])* pub $field1:ident: $type1:ty
            $(, $(#[$docs:meta])* pub $field:ident: $type:ty)* $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $(#[$doc1])* pub $field1: $type1
            $(, $(#[$docs])* pub $field: $type)*
        }

        impl $crate::table::Stored for $name {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static str = concat!(stringify!($field1) $(, ", ", stringify!($field))*);
            const WIDTH: usize = [stringify!($field1) $(, stringify!($field))*].len();

            fn push_sqlite(&self, to: &mut sqlx::QueryBuilder<sqlx::Sqlite>) -> $crate::Result<()> {
                to.push_bind($crate::value::Fit::fit(&self.$field1)?);
                $(to.push(", ").push_bind($crate::value::Fit::fit(&self.$field)?);)*
                Ok(())
            }

            fn push_postgres(&self, to: &mut sqlx::QueryBuilder<sqlx::Postgres>) -> $crate::Result<()> {
                to.push_bind($crate::value::Fit::fit(&self.$field1)?);
                $(to.push(", ").push_bind($crate::value::Fit::fit(&self.$field)?);)*
                Ok(())
            }
        }

        $crate::table::readable!($name { $field1 $(, $field)* });
    };
}

/// Defines what a query gives that is no whole row of a table.
macro_rules! reading {
    (
        $(#[$doc:meta])*
        $vis:vis struct $name:ident { $($(#[$docs:meta])* pub $field:ident: $type:ty),* $(,)? }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        $vis struct $name { $($(#[$docs])* pub $field: $type),* }

        $crate::table::readable!($name { $($field),* });
    };
}

/// Reads a struct from a row of either engine, column by column by name.
macro_rules! readable {
    ($name:ident { $($field:ident),* }) => {
        impl sqlx::FromRow<'_, sqlx::sqlite::SqliteRow> for $name {
            fn from_row(row: &sqlx::sqlite::SqliteRow) -> Result<Self, sqlx::Error> {
                Ok(Self { $($field: $crate::value::column(row, stringify!($field))?),* })
            }
        }

        impl sqlx::FromRow<'_, sqlx::postgres::PgRow> for $name {
            fn from_row(row: &sqlx::postgres::PgRow) -> Result<Self, sqlx::Error> {
                Ok(Self { $($field: $crate::value::column(row, stringify!($field))?),* })
            }
        }
    };
}

pub(crate) use {readable, reading, table};
