if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.PoolSchemaTest do
    use Ecto.Adapters.LibSql.RepoCase, async: true

    @moduletag repo: [pool_size: 5]

    defmodule Create do
      use Ecto.Migration
      def change, do: create(table(:t), do: add(:a, :integer))
    end

    for {from, to} <- [a: :b, b: :c, c: :d] do
      defmodule Module.concat(__MODULE__, "Rename#{from}") do
        use Ecto.Migration
        @from from
        @to to
        def change, do: rename(table(:t), @from, to: @to)
      end
    end

    defmodule Swap do
      use Ecto.Migration

      def up do
        alter(table(:t), do: remove(:d))
        alter(table(:t), do: add(:d, :text, default: "new"))
      end
    end

    # Each connection of the pool has compiled statements of its own, against the schema that it has seen.
    defp everywhere(sql, rows) do
      repo = Repo.get_dynamic_repo()

      read = fn _ ->
        Repo.put_dynamic_repo(repo)

        Repo.checkout(fn ->
          assert Repo.query!(sql).rows == rows
          Process.sleep(1)
        end)
      end

      1..20 |> Task.async_stream(read, max_concurrency: 5) |> Stream.run()
    end

    test "what one connection changes the others see at once" do
      for _ <- 1..3 do
        migrate(Create)
        execute("INSERT INTO t (a) VALUES (7)")
        everywhere("SELECT a FROM t", [[7]])

        for {from, to} <- [a: "b", b: "c", c: "d"] do
          migrate(Module.concat(__MODULE__, "Rename#{from}"))
          everywhere("SELECT #{to} FROM t", [[7]])
          everywhere("SELECT * FROM t", [[1, 7]])
        end

        migrate(Swap)
        everywhere("SELECT d FROM t", [["new"]])
        everywhere("SELECT * FROM t", [[1, "new"]])
        execute("DROP TABLE t")
      end
    end
  end
end
