if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  {:ok, _} = Application.ensure_all_started(:ecto_sql)
else
  IO.puts("Ecto is absent: its suites and the tests of the adapter do not run. See README.md.")
end

ExUnit.start()
