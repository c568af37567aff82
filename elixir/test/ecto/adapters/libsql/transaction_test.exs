if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.TransactionTest do
    # Whatever happens in a transaction, the next user of its connection finds it idle.
    use Ecto.Adapters.LibSql.RepoCase, async: true

    alias Ecto.Adapters.SQL.Sandbox
    alias EctoLibSql.Error

    @moduletag repo: [pool_size: 1]

    setup do
      execute([
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        "CREATE TABLE t (x INTEGER UNIQUE, p INTEGER REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED)",
        "INSERT INTO t VALUES (0, NULL)"
      ])
    end

    defp insert(x), do: Repo.query("INSERT INTO t VALUES (?, NULL)", [x])
    defp stored, do: List.flatten(Repo.query!("SELECT x FROM t ORDER BY x").rows)

    test "a commit that fails raises, and what comes next is stored" do
      for round <- 1..3 do
        assert_raise Error, ~r/FOREIGN KEY/, fn ->
          Repo.transaction(fn -> Repo.query!("INSERT INTO t VALUES (-1, 77)") end)
        end

        assert {:ok, _} = insert(round)
        assert {:ok, {:ok, _}} = Repo.transaction(fn -> insert(10 + round) end)
      end

      assert stored() == [0, 1, 2, 3, 11, 12, 13]
    end

    test "statements after the engine's own rollback fail, and store nothing" do
      assert {:error, :rollback} =
               Repo.transaction(fn ->
                 assert {:ok, _} = insert(1)
                 assert {:error, _} = Repo.query("INSERT OR ROLLBACK INTO t VALUES (0, NULL)")
                 assert {:error, %Error{kind: :transaction}} = insert(2)
                 assert {:error, %Error{kind: :transaction}} = Repo.query("SELECT 1")
               end)

      assert {:error, :undo} =
               Repo.transaction(fn ->
                 assert {:error, _} = Repo.query("INSERT OR ROLLBACK INTO t VALUES (0, NULL)")
                 Repo.rollback(:undo)
               end)

      assert_raise RuntimeError, "mine", fn ->
        Repo.transaction(fn ->
          {:error, _} = Repo.query("INSERT OR ROLLBACK INTO t VALUES (0, NULL)")
          raise "mine"
        end)
      end

      assert {:ok, {:ok, _}} = Repo.transaction(fn -> insert(3) end)
      assert stored() == [0, 3]
    end

    test "statements after the engine's own rollback fail in a nested transaction and in a Multi" do
      assert {:error, :rollback} =
               Repo.transaction(fn ->
                 Repo.transaction(fn ->
                   {:error, _} = Repo.query("INSERT OR ROLLBACK INTO t VALUES (0, NULL)")
                 end)

                 assert {:error, %Error{kind: :transaction}} = insert(2)
               end)

      multi =
        Ecto.Multi.new()
        |> Ecto.Multi.run(:one, fn repo, _ ->
          {:error, _} = repo.query("INSERT OR ROLLBACK INTO t VALUES (0, NULL)")
          {:ok, 1}
        end)
        |> Ecto.Multi.run(:two, fn _, _ -> insert(4) end)

      assert {:error, :two, %Error{kind: :transaction}, _} = Repo.transaction(multi)
      assert stored() == [0]
    end

    @tag repo: [pool_size: 1, pool: Sandbox]
    @tag :local_file
    test "statements after the engine's own rollback fail in the sandbox" do
      check_out_again()
      assert {:ok, _} = insert(1)

      assert {:error, :rollback} =
               Repo.transaction(fn ->
                 {:error, _} = Repo.query("INSERT OR ROLLBACK INTO t VALUES (0, NULL)")
                 assert {:error, %Error{kind: :transaction}} = insert(2)
               end)

      # The sandbox's own transaction is gone: nothing runs that it would not undo.
      assert {:error, %Error{kind: :transaction}} = insert(3)
      check_out_again()
      assert {:ok, _} = insert(4)
      assert stored() == [0, 4]
      check_out_again()
      assert stored() == [0]
    end
  end
end
