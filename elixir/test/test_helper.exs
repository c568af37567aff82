if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  {:ok, _} = Application.ensure_all_started(:ecto_sql)
else
  IO.puts("Ecto is absent: its suites and the tests of the adapter do not run. See README.md.")
end

unless EctoLibSql.Test.Modes.url() do
  IO.puts(
    "LIBSQL_URL is not set: the tests of remote databases and replicas do not run. " <>
      "`scripts/with_server mix test` in this folder runs them, as `make test` does."
  )
end

if EctoLibSql.Test.Modes.mode() == :local,
  do: ExUnit.start(timeout: 600_000, assert_receive_timeout: 10_000),
  else:
    ExUnit.start(
      timeout: 600_000,
      assert_receive_timeout: 10_000,
      exclude: :local_file,
      max_cases: 1
    )
