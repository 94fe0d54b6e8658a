//! The macros through which one SQL text runs on both engines.
//!
//! Parameters are written `$1..$n`. The body is type-checked once per engine.

/// Expands the body once per engine, with the name bound to that engine's connection.
macro_rules! on {
    ($tx:expr, $c:ident => $body:expr) => {
        match $tx {
            $crate::Tx::Sqlite(t) => {
                let $c = &mut **t;
                $body
            }
            $crate::Tx::Postgres(t) => {
                let $c = &mut **t;
                $body
            }
        }
    };
}

/// All rows of a query: `many!(self, Row, SQL, a, b)`.
macro_rules! many {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::sql::on!($tx, c => sqlx::query_as::<_, $row>($sql)$(.bind($crate::value::Fit::fit($bind)?))*.fetch_all(c).await)
            .map_err($crate::StoreError::reading(stringify!($row)))
    };
}

/// The row of a query, if there is one: `maybe!(self, Row, SQL, a, b)`.
macro_rules! maybe {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::sql::on!($tx, c => sqlx::query_as::<_, $row>($sql)$(.bind($crate::value::Fit::fit($bind)?))*.fetch_optional(c).await)
            .map_err($crate::StoreError::reading(stringify!($row)))
    };
}

/// The first column of the first row, if there is one: `scalar!(self, i64, SQL, a)`.
macro_rules! scalar {
    ($tx:expr, $type:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::sql::on!($tx, c => sqlx::query_scalar::<_, $type>($sql)$(.bind($crate::value::Fit::fit($bind)?))*.fetch_optional(c).await)
            .map_err($crate::StoreError::from)
    };
}

/// All rows of a query whose list is given: `many_in!(self, Row, "SELECT .. IN (", list, ") ORDER BY ..")`.
macro_rules! many_in {
    ($tx:expr, $row:ty, $head:expr, $list:expr, $tail:expr $(,)?) => {
        $crate::sql::on!($tx, c => {
            let mut q = sqlx::QueryBuilder::new($head);
            let mut list = q.separated(", ");
            for item in $list {
                list.push_bind($crate::value::Fit::fit(item)?);
            }
            q.push($tail);
            q.build_query_as::<$row>().fetch_all(c).await
        })
        .map_err($crate::StoreError::reading(stringify!($row)))
    };
}

/// Runs a statement; the number of rows it touched.
macro_rules! run {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::sql::on!($tx, c => sqlx::query($sql)$(.bind($crate::value::Fit::fit($bind)?))*.execute(c).await.map(|done| done.rows_affected()))
            .map_err($crate::StoreError::from)
    };
}

pub(crate) use {many, many_in, maybe, on, run, scalar};
