defmodule EctoLibSql.NativeTest do
  # In each mode.
  use ExUnit.Case, async: false

  alias EctoLibSql.{Native, Result}
  alias EctoLibSql.Test.Modes
  import EctoLibSql.Test.Modes, only: [run!: 2, rows!: 2]

  for mode <- Modes.all() do
    describe "#{mode}:" do
      setup do: Modes.setup(unquote(mode))

      test "a transaction is begun once, and ended once", %{state: state} do
        run!(state, "CREATE TABLE t(x)")
        assert {:ok, state} = Native.begin(state)
        assert Native.get_is_autocommit(state) == false
        assert {:error, "" <> _} = Native.begin(state)
        run!(state, "INSERT INTO t VALUES (1)")
        assert {:ok, _} = Native.commit(state)
        assert Native.get_is_autocommit(state) == true
        assert {:error, "" <> _} = Native.commit(state)
        assert {:error, "" <> _} = Native.rollback(state)

        for behavior <- [:deferred, :immediate, :exclusive, :read_only] do
          assert {:ok, state} = Native.begin(state, behavior: behavior)
          assert {:ok, _} = Native.rollback(state)
        end

        assert {:error, "" <> _} = Native.begin(state, behavior: :other)
      end

      test "a savepoint is rolled back to and released by its name", %{state: state} do
        run!(state, "CREATE TABLE t(x)")
        assert {:error, "No active transaction"} = Native.create_savepoint(state, "a")
        {:ok, state} = Native.begin(state)

        for name <- ["a", "_B1", "select"] do
          assert :ok = Native.create_savepoint(state, name)
          run!(state, "INSERT INTO t VALUES (1)")
          assert :ok = Native.rollback_to_savepoint_by_name(state, name)
          run!(state, "INSERT INTO t VALUES (2)")
          assert :ok = Native.release_savepoint_by_name(state, name)
          assert {:error, "" <> _} = Native.release_savepoint_by_name(state, name)
        end

        for name <- ["", "1a", "a b", ~s("; DROP TABLE t; --), "ü", "a\n", :a] do
          assert {:error, "Invalid savepoint name" <> _} = Native.create_savepoint(state, name)
        end

        other = Modes.connect!(database: ":memory:")

        assert {:error, "Transaction does not belong" <> _} =
                 Native.create_savepoint(%{other | trx_id: state.trx_id}, "a")

        {:ok, _} = Native.commit(state)
        assert rows!(state, "SELECT x FROM t") == [[2], [2], [2]]
      end

      test "a prepared statement is described, run, reset and closed", %{state: state} do
        run!(state, "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT)")
        {:ok, insert} = Native.prepare(state, "INSERT INTO t(name) VALUES (:name)")
        assert {:ok, 1} = Native.execute_stmt(state, insert, "INSERT", %{name: "Ada"})
        assert {:ok, 1} = Native.stmt_parameter_count(state, insert)
        assert {:ok, ":name"} = Native.stmt_parameter_name(state, insert, 1)

        for wrong <- [0, 2, -1, :a, 1.0],
            do:
              assert(
                Native.stmt_parameter_name(state, insert, wrong) ==
                  {:error, "the statement has no such parameter: it has one parameter"}
              )

        assert {:ok, 0} = Native.stmt_column_count(state, insert)
        {:ok, select} = Native.prepare(state, "SELECT id, name FROM t WHERE id = ?")
        assert {:ok, %Result{rows: [[1, "Ada"]]}} = Native.query_stmt(state, select, [1])

        assert {:ok, %Result{rows: [], columns: ["id", "name"]}} =
                 Native.query_stmt(state, select, [2])

        assert :ok = Native.reset_stmt(state, select)
        assert {:ok, nil} = Native.stmt_parameter_name(state, select, 1)
        assert {:ok, "name"} = Native.stmt_column_name(state, select, 1)

        assert Native.stmt_column_name(state, select, 2) ==
                 {:error, "the statement has no such column: it has 2 columns"}

        assert {:ok, [{"id", _, "INTEGER"}, {"name", _, "TEXT"}]} =
                 Native.get_stmt_columns(state, select)

        assert {:error, "" <> _} = Native.query_stmt(state, select, [1, 2])
        assert :ok = Native.close_stmt(select)
        assert {:error, "Statement not found"} = Native.close_stmt(select)
        assert {:error, "Statement not found"} = Native.query_stmt(state, select, [1])
      end

      test "a prepared statement runs in a transaction, and after its table has changed", %{
        state: state
      } do
        run!(state, "CREATE TABLE t(x)")
        {:ok, select} = Native.prepare(state, "SELECT * FROM t")
        {:ok, insert} = Native.prepare(state, "INSERT INTO t VALUES (1)")
        {:ok, state} = Native.begin(state)
        assert {:ok, 1} = Native.execute_stmt(state, insert, "INSERT")
        assert {:ok, %Result{rows: [[1]]}} = Native.query_stmt(state, select)
        {:ok, _} = Native.rollback(state)
        assert {:ok, %Result{rows: []}} = Native.query_stmt(state, select)
        run!(state, "ALTER TABLE t ADD y DEFAULT 5")
        run!(state, "INSERT INTO t(x) VALUES (2)")
        assert {:ok, %Result{rows: [[2, 5]]}} = Native.query_stmt(state, select)
      end

      test "a text that is not one statement cannot be prepared", %{state: state} do
        for sql <- ["SELEC", "SELECT 1; SELECT 2", "SELECT * FROM nowhere"] do
          with {:ok, statement} <- Native.prepare(state, sql),
               do: assert({:error, "" <> _} = Native.query_stmt(state, statement))
        end

        assert {:error, "" <> _} = Native.prepare(state, :no)
      end

      test "a batch runs its statements one by one, a transactional one all or none", %{
        state: state
      } do
        run!(state, "CREATE TABLE t(x UNIQUE)")

        assert {:ok, [%Result{num_rows: 1}, {:error, "UNIQUE" <> _}, %Result{rows: [[1]]}]} =
                 Native.batch(state, [
                   {"INSERT INTO t VALUES (?)", [1]},
                   {"INSERT INTO t VALUES (:x)", %{x: 1}},
                   {"SELECT x FROM t", []}
                 ])

        assert {:error, "" <> _} =
                 Native.batch_transactional(state, [
                   {"INSERT INTO t VALUES (2)", []},
                   {"INSERT INTO t VALUES (1)", []}
                 ])

        assert {:ok, [nil, %Result{rows: [[1], [3]]}]} =
                 Native.execute_batch_sql(
                   state,
                   "INSERT INTO t VALUES (3); SELECT x FROM t ORDER BY x;"
                 )

        assert {:error, "" <> _} =
                 Native.execute_transactional_batch_sql(
                   state,
                   "INSERT INTO t VALUES (4); INSERT INTO t VALUES (1)"
                 )

        # Nothing ends the transaction before the script does.
        for ends <- ["COMMIT", "-- a comment\nrollback", "END TRANSACTION", "BEGIN"] do
          assert {:error, "" <> _} =
                   Native.execute_transactional_batch_sql(
                     state,
                     "INSERT INTO t VALUES (5); #{ends}; INSERT INTO t VALUES (6)"
                   )
        end

        assert rows!(state, "SELECT count(*) FROM t") == [[2]]

        assert {:ok, [nil, %Result{rows: [[3]]}, nil]} =
                 Native.execute_transactional_batch_sql(
                   state,
                   "INSERT INTO t VALUES (';'); SELECT count(*) FROM t; DELETE FROM t WHERE x = ';'"
                 )

        assert rows!(state, "SELECT count(*) FROM t") == [[2]]
        assert {:ok, []} = Native.batch(state, [])
        assert {:ok, []} = Native.batch_transactional(state, [])

        for wrong <- [
              [:x],
              :x,
              [{"SELECT 1"}],
              [{1, []}],
              [{"SELECT 1", 1}],
              [{"SELECT 1", []} | :x]
            ] do
          assert {:error, "" <> _} = Native.batch(state, wrong)
        end
      end

      test "a connection knows its last rowid and how many rows have changed", %{state: state} do
        run!(state, "CREATE TABLE t(id INTEGER PRIMARY KEY, x)")
        run!(state, "INSERT INTO t(x) VALUES (1), (2), (3)")
        assert Native.get_last_insert_rowid(state) == 3
        assert Native.get_changes(state) == 3
        total = Native.get_total_changes(state)
        run!(state, "UPDATE t SET x = 0 WHERE id = 1")
        assert Native.get_changes(state) == 1
        assert Native.get_total_changes(state) == total + 1
      end

      test "reset rolls back the open transaction", %{state: state} do
        run!(state, "CREATE TABLE t(x)")
        {:ok, state} = Native.begin(state)
        run!(state, "INSERT INTO t VALUES (1)")
        assert :ok = Native.reset(state)
        assert Native.get_is_autocommit(state) == true
        assert rows!(state, "SELECT x FROM t") == []
      end

      test "a replica syncs, and other connections cannot", %{state: state, mode: mode} do
        run!(state, "CREATE TABLE t(x)")

        if mode == :replica do
          assert {:ok, "success sync"} = Native.sync(state)
          assert {:ok, frame} = Native.get_frame_number_for_replica(state)
          assert frame > 0
          assert {:ok, written} = Native.get_max_write_frame(state)
          assert written > 0
          assert :ok = Native.sync_until_frame(state, written)
          assert {:error, "" <> _} = Native.sync_until_frame(state, -1)
          assert {:error, "" <> _} = Native.sync_until_frame(state, "1")
          assert {:ok, _} = Native.flush_and_get_frame(state)
          assert rows!(state, "SELECT * FROM t") == []
        else
          assert {:ok, "success sync"} = Native.sync(state)
          assert {:error, "" <> _} = Native.sync_until_frame(state, 1)
          assert {:error, :unsupported} = Native.freeze_replica(state)
        end
      end
    end
  end
end
