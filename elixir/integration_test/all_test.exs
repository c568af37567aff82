# Ecto's own suites, as they come with ecto and ecto_sql.
folder = System.fetch_env!("ECTO_SUITES")

for name <- ~w(assoc interval joins preload repo type windows),
    do: Code.require_file("ecto/integration_test/cases/#{name}.exs", folder)

for name <-
      ~w(alter lock logging migration migrator query_many sandbox sql stream subquery transaction),
    do: Code.require_file("ecto_sql/integration_test/sql/#{name}.exs", folder)
