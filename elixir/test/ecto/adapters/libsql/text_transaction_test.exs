if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.TextTransactionTest do
    # Transactions that SQL text begins: a connection never comes back to the pool in one.
    use Ecto.Adapters.LibSql.RepoCase, async: true

    import ExUnit.CaptureLog
    alias Ecto.Adapters.SQL.Sandbox
    alias EctoLibSql.{Error, Native, Query}

    @moduletag repo: [pool_size: 1]
    @begins ["BEGIN", "begin immediate", "/* a */ BEGIN", "SAVEPOINT s", "-- b\n; SAVEPOINT s"]

    setup do
      execute("CREATE TABLE t (x INTEGER)")
    end

    defp insert(x), do: Repo.query!("INSERT INTO t VALUES (?)", [x])
    defp stored, do: List.flatten(rows("SELECT x FROM t ORDER BY x"))

    defp idle?(pool) do
      {:ok, idle?} = EctoLibSql.with_connection(pool, &Native.get_is_autocommit/1)
      idle?
    end

    test "a BEGIN of its own is refused" do
      for sql <- @begins do
        assert {:error, %Error{kind: :misuse, outcome: :undone, message: message}} = Repo.query(sql)
        assert message =~ "Repo.transaction"
        assert Repo.query!("SELECT 1").rows == [[1]]
        insert(1)
        assert {:ok, :done} = Repo.transaction(fn -> :done end)
        assert Repo.query!("SELECT count(*) FROM t").rows == [[1]]
        Repo.query!("DELETE FROM t")
      end
    end

    test "a script may begin a transaction if it ends it" do
      assert {:ok, [_, _, _]} = Repo.query_many("BEGIN; INSERT INTO t VALUES (1); COMMIT")
      assert {:error, %Error{kind: :misuse}} = Repo.query_many("BEGIN; INSERT INTO t VALUES (2)")

      assert {:error, %Error{kind: :sql, outcome: :undone}} =
               Repo.query_many("BEGIN; INSERT INTO t VALUES (3); nonsense")

      insert(4)
      assert stored() == [1, 4]
    end

    test "SQL that ends no transaction is an error" do
      for sql <- ["COMMIT", "ROLLBACK", "RELEASE s"] do
        assert {:error, %Error{kind: :sql}} = Repo.query(sql)
      end
    end

    test "a transaction of SQL in Repo.checkout/2 is the caller's" do
      Repo.checkout(fn ->
        for {end_, x} <- [{"COMMIT", 1}, {"ROLLBACK", 2}] do
          Repo.query!("BEGIN IMMEDIATE")
          insert(x)
          Repo.query!(end_)
        end

        Repo.query!("SAVEPOINT s")
        insert(3)
        Repo.query!("RELEASE s")
        assert {:ok, _} = Repo.transaction(fn -> insert(4) end)
      end)

      assert stored() == [1, 3, 4]
    end

    test "a transaction of SQL ends with its Repo.checkout/2" do
      capture_log(fn ->
        assert_raise DBConnection.ConnectionError, ~r/checked in with status :transaction/, fn ->
          Repo.checkout(fn ->
            Repo.query!("BEGIN")
            insert(1)
          end)
        end
      end)

      for sql <- @begins do
        assert_raise RuntimeError, "mine", fn ->
          Repo.checkout(fn ->
            Repo.query!(sql)
            insert(2)
            Repo.checkout(fn -> raise "mine" end)
          end)
        end

        assert catch_throw(
                 Repo.checkout(fn ->
                   Repo.query!(sql)
                   throw(:mine)
                 end)
               ) == :mine

        insert(3)
        assert {:ok, _} = Repo.transaction(fn -> :nothing end)
      end

      assert stored() == List.duplicate(3, length(@begins))
    end

    test "a savepoint of SQL in Repo.transaction/2 is a part of it" do
      {:ok, _} =
        Repo.transaction(fn ->
          Repo.query!("SAVEPOINT s")
          insert(1)
          Repo.query!("ROLLBACK TO s")
          insert(2)
          assert {:error, %Error{kind: :sql}} = Repo.query("BEGIN")
        end)

      assert {:error, :rollback} = Repo.transaction(fn -> Repo.query!("COMMIT") end)

      for ending <- [fn -> :ok end, fn -> raise "mine" end] do
        try do
          Repo.transaction(fn ->
            Repo.query!("COMMIT")
            Repo.query("BEGIN")
            ending.()
          end)
        rescue
          RuntimeError -> :ok
        end

        insert(3)
        assert {:ok, _} = Repo.transaction(fn -> :nothing end)
      end

      assert stored() == [2, 3, 3]
    end

    @tag repo: [pool_size: 1, pool: Sandbox]
    @tag :local_file
    test "a savepoint of SQL in the sandbox is a part of its transaction" do
      check_out_again()
      Repo.query!("SAVEPOINT s")
      insert(1)
      Repo.query!("RELEASE s")
      assert stored() == [1]
      assert {:error, %Error{kind: :sql}} = Repo.query("BEGIN")
    end

    test "a transaction of SQL is over for the next process that uses a pool", %{database: database} do
      pool = start_supervised!(EctoLibSql.child_spec([pool_size: 1] ++ database_options(database)))
      run = fn sql -> DBConnection.execute(pool, %Query{statement: sql}, []) end

      for next <- [
            fn -> run.("INSERT INTO t VALUES (2)") end,
            fn ->
              DBConnection.transaction(
                pool,
                &DBConnection.execute!(&1, %Query{statement: "INSERT INTO t VALUES (2)"}, [])
              )
            end,
            fn ->
              DBConnection.run(
                pool,
                &DBConnection.execute!(&1, %Query{statement: "INSERT INTO t VALUES (2)"}, [])
              )
            end,
            fn ->
              EctoLibSql.with_connection(
                pool,
                &EctoLibSql.Native.execute_batch_sql(&1, "INSERT INTO t VALUES (2)")
              )
            end
          ] do
        assert {:ok, _, _} = run.("BEGIN")
        assert {:ok, _, _} = run.("INSERT INTO t VALUES (1)")
        Task.await(Task.async(next))
        assert idle?(pool)
      end

      assert {:ok, _, %{rows: [[2], [2], [2], [2]]}} = run.("SELECT x FROM t")
    end

    test "a transaction of SQL is over when its idle connection is pinged" do
      {:ok, state} = EctoLibSql.connect(database: ":memory:", pool_index: 1)
      {:ok, _, _, state} = EctoLibSql.handle_execute("BEGIN", [], [], state)
      assert {:ok, state} = EctoLibSql.ping(state)
      assert {:idle, state} = EctoLibSql.handle_status([], state)
      EctoLibSql.disconnect(:done, state)
    end

    test "a transaction of SQL that cannot be undone ends the connection" do
      {:ok, state} = EctoLibSql.connect(database: ":memory:", pool_index: 1)
      {:ok, _, _, state} = EctoLibSql.handle_execute("BEGIN", [], [], state)
      :ok = EctoLibSql.disconnect(:done, state)
      query = %Query{statement: "SELECT 1"}

      Task.await(
        Task.async(fn ->
          for call <- [
                fn -> EctoLibSql.handle_begin([], state) end,
                fn -> EctoLibSql.handle_status([], state) end,
                fn -> EctoLibSql.handle_execute(query, [], [], state) end
              ],
              do: assert({:disconnect, %Error{kind: :closed}, _} = call.())
        end)
      )
    end

    test "a transaction of SQL stays open on a connection without a pool" do
      {:ok, state} = EctoLibSql.connect(database: ":memory:")
      {:ok, _, _, state} = EctoLibSql.handle_execute("BEGIN", [], [], state)

      Task.await(
        Task.async(fn ->
          assert {:ok, state} = EctoLibSql.ping(state)
          assert {:transaction, state} = EctoLibSql.handle_status([], state)
          assert {:ok, _, _, _} = EctoLibSql.handle_execute("COMMIT", [], [], state)
        end)
      )

      EctoLibSql.disconnect(:done, state)
    end
  end
end
