# make bench-elixir: ours beside exqlite and ecto_sqlite3, where they are among the dependencies.
# mix run bench/bench.exs [E1 E7 ...] runs only those.

Code.require_file("harness.exs", __DIR__)
Code.require_file("users.exs", __DIR__)

# As in a release, peers included: else each call of a protocol looks for its implementation.
for protocol <- :code.get_path() |> Protocol.extract_protocols() |> Enum.uniq() do
  implementations = Protocol.extract_impls(protocol, :code.get_path())
  {:ok, code} = Protocol.consolidate(protocol, implementations)
  :code.purge(protocol)
  {:module, _} = :code.load_binary(protocol, 'consolidated', code)
end

wanted = System.argv()
wanted? = &(wanted == [] or &1 in wanted)
folder = Path.join(System.tmp_dir!(), "ecto_libsql_bench_#{System.pid()}")
File.mkdir_p!(folder)

defmodule Bench do
  # What is not measured for want of a peer, or of Ecto, is said.
  def missing(module, package, then) do
    unless Code.ensure_loaded?(module),
      do: IO.puts("#{package} is not among the dependencies: #{then}")
  end

  def run(module, folder, wanted?) do
    case Enum.filter(module.all(), &wanted?.(elem(&1, 0))) do
      [] ->
        :ok

      workloads ->
        sides = module.sides(folder)
        Enum.each(workloads, &module.run(&1, sides))
    end
  end
end

try do
  Bench.missing(Exqlite.Connection, "exqlite", "ours alone is measured")
  Code.require_file("callback_workloads.exs", __DIR__)
  Bench.run(Bench.CallbackWorkloads, folder, wanted?)

  Bench.missing(Ecto.Adapters.SQL, "Ecto", "Repo is not measured")

  if Code.ensure_loaded?(Ecto.Adapters.SQL) do
    Bench.missing(Ecto.Adapters.SQLite3, "ecto_sqlite3", "ours alone is measured")
    {:ok, _} = Application.ensure_all_started(:ecto_sql)
    Code.require_file("repo_workloads.exs", __DIR__)
    Bench.run(Bench.RepoWorkloads, folder, wanted?)
  end
after
  File.rm_rf!(folder)
end
