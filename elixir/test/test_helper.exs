unless Code.ensure_loaded?(Ecto.Adapters.SQL) do
  IO.puts("Ecto is absent: its suites and the tests of the adapter do not run. See README.md.")
end

ExUnit.start()
