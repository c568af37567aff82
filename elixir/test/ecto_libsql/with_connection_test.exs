if Code.ensure_loaded?(DBConnection) do
  defmodule EctoLibSql.WithConnectionTest do
    use ExUnit.Case, async: true

    alias EctoLibSql.{Error, Native, Pragma, Query}

    setup do
      pool = start_supervised!(EctoLibSql.child_spec(database: ":memory:", pool_size: 1))
      %{pool: pool}
    end

    test "functions that take a state work through a pool", %{pool: pool} do
      assert {:ok, {:ok, %{rows: [[0]]}}} = EctoLibSql.with_connection(pool, &Pragma.user_version/1)

      assert {:ok, {:ok, [%{num_rows: 0}, %{num_rows: 2}]}} =
               EctoLibSql.with_connection(pool, fn state ->
                 Native.batch(state, [
                   {"CREATE TABLE t(x)", []},
                   {"INSERT INTO t VALUES (1), (2)", []}
                 ])
               end)
    end

    test "a pool with wrong options does not start" do
      for opts <- [
            [database: ""],
            [database: ":memory:", busy_timeout: -1],
            [database: "x.db", load_extensions: ["no/such"]]
          ] do
        assert {:error, %Error{}} = EctoLibSql.start_link(opts)
        assert {:error, {%Error{}, _}} = start_supervised({EctoLibSql, opts}, id: make_ref())
      end

      refute File.exists?("x.db")
    end

    test "the connections of a pool share a database in memory" do
      pool = start_supervised!({EctoLibSql, database: ":memory:", pool_size: 3}, id: :of_three)
      run = &DBConnection.execute!(pool, %Query{statement: &1}, [])
      run.("CREATE TABLE t(x)")

      1..9
      |> Task.async_stream(fn _ -> run.("INSERT INTO t VALUES (1)") end, max_concurrency: 3)
      |> Stream.run()

      assert run.("SELECT count(*) FROM t").rows == [[9]]
      opts = [database: ":memory:", pool_size: 3]

      assert {:error, %Error{kind: :invalid_argument}} =
               EctoLibSql.start_link(opts ++ [serialized: "SQLite format 3\0"])

      # Which each would have its own if DBConnection started them.
      assert {:error, %Error{message: message}} = EctoLibSql.connect(opts ++ [pool_index: 1])
      assert message =~ "EctoLibSql.start_link/1"
    end

    test "in a transaction the function gets the transaction's connection", %{pool: pool} do
      DBConnection.execute!(pool, %Query{statement: "CREATE TABLE t(x)"}, [])

      assert {:error, :rollback} =
               DBConnection.transaction(pool, fn conn ->
                 DBConnection.execute!(conn, %Query{statement: "INSERT INTO t VALUES (1)"}, [])

                 assert {:ok, {:ok, 1}} =
                          EctoLibSql.with_connection(conn, &{:ok, Native.get_changes(&1)})

                 assert {:ok, false} = EctoLibSql.with_connection(conn, &Native.get_is_autocommit/1)
                 DBConnection.rollback(conn, :rollback)
               end)

      assert {:ok, _, %{rows: [[0]]}} =
               DBConnection.execute(pool, %Query{statement: "SELECT count(*) FROM t"}, [])
    end

    test "a transaction that the function begins must end in it", %{pool: pool} do
      assert {:ok, {:ok, _}} =
               EctoLibSql.with_connection(pool, fn state ->
                 {:ok, state} = Native.begin(state, behavior: :immediate)
                 Native.commit(state)
               end)

      ExUnit.CaptureLog.capture_log(fn ->
        assert {:error, %Error{kind: :misuse}} = EctoLibSql.with_connection(pool, &Native.begin/1)
      end)

      assert {:ok, true} = EctoLibSql.with_connection(pool, &Native.get_is_autocommit/1)
    end

    test "an exception of the function is raised, and the connection stays usable", %{pool: pool} do
      assert {:ok, pid} = EctoLibSql.with_connection(pool, fn state -> state.conn_id end)

      assert_raise RuntimeError, "no", fn ->
        EctoLibSql.with_connection(pool, fn _ -> raise "no" end)
      end

      assert catch_throw(EctoLibSql.with_connection(pool, fn _ -> throw(:no) end)) == :no
      assert {:ok, ^pid} = EctoLibSql.with_connection(pool, fn state -> state.conn_id end)
      assert {:ok, 5} = EctoLibSql.with_connection(pool, fn _ -> 5 end)
    end
  end
end
