//! Rows on their way to the database: one array a column, so that a whole group is one statement a table.

/// Declares a row and its columns: names and types as in the table.
macro_rules! columns {
    ($(#[$doc:meta])* $row:ident, $columns:ident in $table:literal { $($field:ident: $rust:ty => $sql:literal,)+ }) => {
        $(#[$doc])*
        pub(in crate::adapters::postgres) struct $row { $(pub(in crate::adapters::postgres) $field: $rust,)+ }

        /// The same rows, column by column.
        #[derive(Default)]
        pub(in crate::adapters::postgres) struct $columns { $($field: Vec<$rust>,)+ }

        impl $columns {
            /// Adds a row.
            pub(in crate::adapters::postgres) fn push(&mut self, row: $row) {
                $(self.$field.push(row.$field);)+
            }

            /// The statement that inserts the rows.
            #[allow(dead_code, reason = "rows that are only updated are not inserted by it")]
            pub(in crate::adapters::postgres) fn insert() -> String {
                $crate::adapters::postgres::columns::insert($table, &[$((stringify!($field), $sql)),+])
            }

            /// `unnest` of the parameters, under the name `n`.
            #[allow(dead_code, reason = "rows that are only inserted do not use it")]
            pub(in crate::adapters::postgres) fn unnest() -> String {
                $crate::adapters::postgres::columns::unnest(&[$((stringify!($field), $sql)),+])
            }
        }

        impl $crate::adapters::postgres::columns::Columns for $columns {
            fn parameters(&self) -> Vec<&(dyn tokio_postgres::types::ToSql + Sync)> {
                vec![$(&self.$field),+]
            }

            fn is_empty(&self) -> bool {
                let lengths = [$(self.$field.len()),+];
                lengths[0] == 0
            }
        }
    };
}
pub(super) use columns;

/// Columns that are ready to be sent.
pub(super) trait Columns {
    /// One array a column.
    fn parameters(&self) -> Vec<&(dyn tokio_postgres::types::ToSql + Sync)>;
    /// Whether there is no row.
    fn is_empty(&self) -> bool;
}

fn parameters(columns: &[(&str, &str)]) -> String {
    let list: Vec<String> = columns.iter().zip(1..).map(|((_, sql), n)| format!("${n}::{sql}[]")).collect();
    format!("unnest({})", list.join(", "))
}

fn names(columns: &[(&str, &str)]) -> String {
    columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

pub(super) fn insert(table: &str, columns: &[(&str, &str)]) -> String {
    format!("INSERT INTO {table} ({}) SELECT * FROM {}", names(columns), parameters(columns))
}

pub(super) fn unnest(columns: &[(&str, &str)]) -> String {
    format!("{} AS n({})", parameters(columns), names(columns))
}
