defmodule EctoLibSqlTest do
  # The callbacks of DBConnection, with their state handed on, in each mode.
  use ExUnit.Case, async: false

  alias EctoLibSql.{Error, Query, Result, State}
  alias EctoLibSql.Test.Modes
  import EctoLibSql.Test.Modes, only: [run!: 2, run!: 3, rows!: 2]

  describe "connect/1" do
    test "needs to know where the database is" do
      assert {:error, %Error{kind: :invalid_argument}} = EctoLibSql.connect([])
      assert {:error, %Error{kind: :invalid_argument}} = EctoLibSql.connect(auth_token: "t")
    end

    test "refuses what it does not know, without the value, which may be a secret" do
      assert {:error, %Error{kind: :invalid_argument, message: message}} =
               EctoLibSql.connect(database: ":memory:", encryption_kye: "hush")

      assert message =~ "encryption_kye"
      refute message =~ "hush"

      assert {:error, %Error{message: message}} =
               EctoLibSql.connect(database: ":memory:", encryption_key: {:hush})

      refute message =~ "hush"
    end

    test "ignores what DBConnection and Ecto take from the same list" do
      assert {:ok, state} =
               EctoLibSql.connect(database: ":memory:", pool_size: 3, telemetry_prefix: [:a])

      EctoLibSql.disconnect(:done, state)
    end

    test "says why a file cannot be opened" do
      assert {:error, %Error{kind: kind, message: message}} =
               EctoLibSql.connect(database: "/nowhere/x.db")

      assert kind in [:io, :cannot_open]
      assert message =~ "open"
    end

    test "opens a file that is not a database, and says so at its first use" do
      file = Path.join(EctoLibSql.Test.Machine.folder!(), "no.db")
      File.write!(file, String.duplicate("no database ", 1000))

      case EctoLibSql.connect(database: file) do
        {:error, error} ->
          assert %Error{kind: :not_a_database} = error

        {:ok, state} ->
          assert {:disconnect, %Error{kind: :not_a_database}, _} =
                   EctoLibSql.handle_execute("SELECT * FROM t", [], [], state)
      end
    end

    test "fails with a server that is not there, at the latest at the first statement" do
      case EctoLibSql.connect(uri: "http://127.0.0.1:1") do
        {:error, error} ->
          assert %Error{kind: :network} = error

        {:ok, state} ->
          assert {_, %Error{kind: :network}, _} =
                   EctoLibSql.handle_execute("SELECT 1", [], [], state)

          assert {:disconnect, %Error{kind: :network}, _} = EctoLibSql.ping(state)
      end
    end
  end

  for mode <- Modes.all() do
    describe "#{mode}:" do
      setup do: Modes.setup(unquote(mode))

      test "the state says what the connection is", %{state: state, mode: mode} do
        assert %State{trx_id: nil, sync: :enable_sync} = state
        assert state.mode == %{local: :local, remote: :remote, replica: :remote_replica}[mode]
      end

      test "a new connection answers a ping, is checked out and is idle", %{state: state} do
        assert {:ok, ^state} = EctoLibSql.ping(state)
        assert {:ok, ^state} = EctoLibSql.checkout(state)
        assert {:idle, ^state} = EctoLibSql.handle_status([], state)
      end

      test "a connection is disconnected once, and again without harm", %{state: state} do
        assert :ok = EctoLibSql.disconnect(:any, state)
        assert :ok = EctoLibSql.disconnect(:any, state)
        assert {:disconnect, %Error{kind: :closed}, _} = EctoLibSql.ping(state)
        assert {:error, ^state} = EctoLibSql.handle_status([], state)

        assert {:disconnect, %Error{kind: :closed}, _} =
                 EctoLibSql.handle_execute("SELECT 1", [], [], state)
      end

      test "a query is prepared once, executed often and closed", %{state: state} do
        query = %Query{statement: ["SELECT ", ["? AS a"]]}
        assert {:ok, query, state} = EctoLibSql.handle_prepare(query, [], state)

        for n <- 1..3 do
          assert {:ok, ^query, %Result{columns: ["a"], rows: [[^n]], num_rows: 1, command: :select},
                  _} = EctoLibSql.handle_execute(query, [n], [], state)
        end

        assert {:ok, %Result{}, _} = EctoLibSql.handle_close(query, [], state)
      end

      test "a result says how many rows a statement changed", %{state: state} do
        run!(state, "CREATE TABLE t(id INTEGER PRIMARY KEY, x)")

        assert %Result{command: :insert, num_rows: 2, rows: nil} =
                 run!(state, "INSERT INTO t(x) VALUES (1), (2)")

        assert %Result{command: :update, num_rows: 2} = run!(state, "UPDATE t SET x = x + 1")

        assert %Result{columns: ["id", "x"], rows: [[3, 9]], num_rows: 1} =
                 run!(state, "INSERT INTO t(x) VALUES (?) RETURNING *", [9])

        assert %Result{command: :delete, num_rows: 3} = run!(state, "DELETE FROM t")
        assert %Result{num_rows: 0} = run!(state, "DELETE FROM t")
      end

      test "several statements run with query_many: true", %{state: state} do
        assert {:ok, _, [%Result{num_rows: 0}, %Result{rows: [[1]]}, %Result{rows: [[2, 3]]}], _} =
                 EctoLibSql.handle_execute(
                   "CREATE TABLE t(x); SELECT 1; SELECT 2, 3",
                   [],
                   [query_many: true],
                   state
                 )

        assert {:error, %Error{kind: :unsupported}, _} =
                 EctoLibSql.handle_execute("SELECT ?; SELECT 2", [1], [query_many: true], state)

        assert {:error, %Error{kind: :sql}, _} =
                 EctoLibSql.handle_execute("SELECT 1; SELEC", [], [query_many: true], state)
      end

      test "errors say what they are", %{state: state} do
        run!(state, "CREATE TABLE t(x UNIQUE NOT NULL CHECK (x > 0))")
        run!(state, "INSERT INTO t VALUES (1)")

        assert {:error,
                %Error{kind: :constraint, extended_code: 2067, constraint: constraint} = error,
                _} = EctoLibSql.handle_execute("INSERT INTO t VALUES (1)", [], [], state)

        assert %{kind: :unique, table: "t", columns: ["x"]} = constraint
        assert Error.constraint_violation?(error)
        assert Error.constraint_name(error) == "x"

        assert {:error, %Error{extended_code: 1299, constraint: %{kind: :not_null}}, _} =
                 EctoLibSql.handle_execute("INSERT INTO t VALUES (NULL)", [], [], state)

        assert {:error, %Error{extended_code: 275, constraint: %{kind: :check}}, _} =
                 EctoLibSql.handle_execute("INSERT INTO t VALUES (-1)", [], [], state)

        assert {:error, %Error{kind: :sql, message: message}, state} =
                 EctoLibSql.handle_execute("SELECT nope", [], [], state)

        assert message =~ "nope"
        # None of them is the end of the connection.
        assert rows!(state, "SELECT x FROM t") == [[1]]
      end

      test "a foreign key that restricts is named", %{state: state} do
        run!(state, "CREATE TABLE p(id INTEGER PRIMARY KEY)")

        run!(
          state,
          "CREATE TABLE c(pid INTEGER CONSTRAINT c_pid_fkey REFERENCES p(id) ON DELETE RESTRICT)"
        )

        run!(state, "INSERT INTO p VALUES (1)")
        run!(state, "INSERT INTO c VALUES (1)")

        assert {:error, %Error{constraint: %{kind: :foreign_key, name: "c_pid_fkey"}}, _} =
                 EctoLibSql.handle_execute("DELETE FROM p", [], [], state)
      end

      test "a foreign key that refuses is named", %{state: state} do
        run!(state, "CREATE TABLE p(id INTEGER PRIMARY KEY)")
        run!(state, "CREATE TABLE c(pid INTEGER CONSTRAINT c_pid_fkey REFERENCES p(id))")

        assert {:error, %Error{constraint: %{kind: :foreign_key, name: "c_pid_fkey", table: "c"}},
                _} = EctoLibSql.handle_execute("INSERT INTO c VALUES (?)", [1], [], state)

        run!(state, "INSERT INTO p VALUES (1)")
        run!(state, "INSERT INTO c VALUES (1)")

        assert {:error, %Error{constraint: %{name: "c_pid_fkey"}}, _} =
                 EctoLibSql.handle_execute("DELETE FROM p", [], [], state)
      end

      test "a committed transaction is stored, and one that is rolled back is not", %{
        state: state,
        options: options
      } do
        run!(state, "CREATE TABLE t(x)")
        {:ok, :begin, state} = EctoLibSql.handle_begin([], state)
        run!(state, "INSERT INTO t VALUES (1)")
        assert {:transaction, state} = EctoLibSql.handle_status([], state)
        assert {:transaction, _} = EctoLibSql.handle_begin([], state)
        {:ok, %Result{command: :commit}, state} = EctoLibSql.handle_commit([], state)
        assert {:idle, state} = EctoLibSql.handle_status([], state)
        {:ok, _, state} = EctoLibSql.handle_begin([], state)
        run!(state, "INSERT INTO t VALUES (2)")
        {:ok, %Result{command: :rollback}, state} = EctoLibSql.handle_rollback([], state)
        assert rows!(state, "SELECT x FROM t") == [[1]]
        assert {:idle, state} = EctoLibSql.handle_commit([], state)
        assert {:idle, state} = EctoLibSql.handle_rollback([], state)
        EctoLibSql.disconnect(:done, state)
        assert rows!(Modes.connect!(options), "SELECT x FROM t") == [[1]]
      end

      for transaction <- [:deferred, :immediate, :exclusive, :read_only, :transaction] do
        test "a transaction begins with mode: #{inspect(transaction)}", %{state: state} do
          run!(state, "CREATE TABLE t(x)")
          assert {:ok, _, state} = EctoLibSql.handle_begin([mode: unquote(transaction)], state)
          outcome = EctoLibSql.handle_execute("INSERT INTO t VALUES (1)", [], [], state)

          if unquote(transaction) == :read_only,
            do: assert({:error, %Error{kind: :read_only}, _} = outcome),
            else: assert({:ok, _, %Result{num_rows: 1}, _} = outcome)

          assert {:ok, _, state} = EctoLibSql.handle_rollback([], state)
          assert {:idle, _} = EctoLibSql.handle_status([], state)
        end
      end

      test "a transaction with an unknown mode is refused", %{state: state} do
        assert {:error, %Error{kind: :invalid_argument}, state} =
                 EctoLibSql.handle_begin([mode: :serializable], state)

        assert {:idle, _} = EctoLibSql.handle_status([], state)
      end

      test "savepoints may be nested to any depth", %{state: state} do
        run!(state, "CREATE TABLE t(x)")
        assert {:idle, ^state} = EctoLibSql.handle_begin([mode: :savepoint], state)
        {:ok, _, state} = EctoLibSql.handle_begin([], state)

        state =
          Enum.reduce(1..5, state, fn i, state ->
            {:ok, _, state} = EctoLibSql.handle_begin([mode: :savepoint], state)
            run!(state, "INSERT INTO t VALUES (?)", [i])
            state
          end)

        {:ok, _, state} = EctoLibSql.handle_rollback([mode: :savepoint], state)
        {:ok, _, state} = EctoLibSql.handle_rollback([mode: :savepoint], state)
        {:ok, _, state} = EctoLibSql.handle_commit([mode: :savepoint], state)
        {:ok, _, state} = EctoLibSql.handle_commit([], state)
        assert {:idle, state} = EctoLibSql.handle_status([], state)
        assert rows!(state, "SELECT x FROM t ORDER BY x") == [[1], [2], [3]]
      end

      test "ending more savepoints than there are changes nothing", %{state: state} do
        {:ok, _, state} = EctoLibSql.handle_begin([], state)
        {:ok, _, state} = EctoLibSql.handle_begin([mode: :savepoint], state)
        {:ok, _, state} = EctoLibSql.handle_commit([mode: :savepoint], state)
        assert {:transaction, state} = EctoLibSql.handle_commit([mode: :savepoint], state)
        assert {:transaction, state} = EctoLibSql.handle_rollback([mode: :savepoint], state)
        assert {:ok, _, _} = EctoLibSql.handle_rollback([], state)
      end

      test "a constraint violation in a savepoint does not end the transaction", %{state: state} do
        run!(state, "CREATE TABLE t(x UNIQUE)")
        {:ok, _, state} = EctoLibSql.handle_begin([], state)
        run!(state, "INSERT INTO t VALUES (1)")
        {:ok, _, state} = EctoLibSql.handle_begin([mode: :savepoint], state)

        assert {:error, %Error{kind: :constraint}, state} =
                 EctoLibSql.handle_execute("INSERT INTO t VALUES (1)", [], [], state)

        {:ok, _, state} = EctoLibSql.handle_rollback([mode: :savepoint], state)
        run!(state, "INSERT INTO t VALUES (2)")
        {:ok, _, state} = EctoLibSql.handle_commit([], state)
        assert rows!(state, "SELECT x FROM t ORDER BY x") == [[1], [2]]
      end

      test "a transaction that SQL ends is over, or SQL may not end it", %{state: state} do
        {:ok, _, state} = EctoLibSql.handle_begin([], state)

        case EctoLibSql.handle_execute("ROLLBACK", [], [], state) do
          {:ok, _, _, state} ->
            assert {:error, state} = EctoLibSql.handle_status([], state)
            assert {:error, state} = EctoLibSql.handle_commit([], state)

            assert {:error, %Error{kind: :transaction}, state} =
                     EctoLibSql.handle_execute("SELECT 1", [], [], state)

            assert {:ok, _, state} = EctoLibSql.handle_rollback([], state)
            assert {:ok, _, _, _} = EctoLibSql.handle_execute("SELECT 1", [], [], state)

          {:error, %Error{}, state} ->
            assert {:transaction, state} = EctoLibSql.handle_status([], state)
            assert {:ok, _, _} = EctoLibSql.handle_rollback([], state)
        end
      end

      test "a cursor gives its rows as they are asked for", %{state: state} do
        sql =
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?) SELECT i FROM n"

        query = %Query{statement: sql}

        # As DBConnection does it for a stream.
        {:ok, _, state} = EctoLibSql.handle_begin([], state)
        {:ok, query, cursor, state} = EctoLibSql.handle_declare(query, [1005], [], state)

        assert {:cont, %Result{columns: ["i"], rows: [[1], [2], [3]], num_rows: 3}, state} =
                 EctoLibSql.handle_fetch(query, cursor, [max_rows: 3], state)

        # Other statements meanwhile.
        assert rows!(state, "SELECT 7") == [[7]]

        assert {:cont, %Result{rows: rows}, state} =
                 EctoLibSql.handle_fetch(query, cursor, [], state)

        assert rows == for(i <- 4..503, do: [i])

        assert {:cont, %Result{rows: rows}, state} =
                 EctoLibSql.handle_fetch(query, cursor, [max_rows: 10_000], state)

        assert List.last(rows) == [1005]
        assert {:halt, %Result{rows: []}, state} = EctoLibSql.handle_fetch(query, cursor, [], state)
        assert {:ok, %Result{}, state} = EctoLibSql.handle_deallocate(query, cursor, [], state)
        assert {_, %Error{kind: :closed}, _} = EctoLibSql.handle_fetch(query, cursor, [], state)
        assert {:ok, _, _} = EctoLibSql.handle_commit([], state)
      end

      test "a cursor that is not read to its end locks nothing after its end", %{state: state} do
        run!(state, "CREATE TABLE t(x)")
        run!(state, "INSERT INTO t VALUES (1), (2), (3)")
        query = %Query{statement: "SELECT x FROM t"}
        {:ok, _, cursor, state} = EctoLibSql.handle_declare(query, [], [], state)

        {:cont, %Result{rows: [[1]]}, state} =
          EctoLibSql.handle_fetch(query, cursor, [max_rows: 1], state)

        {:ok, _, state} = EctoLibSql.handle_deallocate(query, cursor, [], state)
        assert %Result{num_rows: 3} = run!(state, "DELETE FROM t")
      end

      test "a cursor on a statement that cannot run is an error", %{state: state} do
        assert {:error, %Error{kind: :sql}, _} =
                 EctoLibSql.handle_declare(%Query{statement: "SELECT nope"}, [], [], state)

        assert {:error, %Error{kind: :invalid_argument}, _} =
                 EctoLibSql.handle_declare(%Query{statement: "SELECT ?"}, [], [], state)
      end

      test "a query ends with its timeout, and the connection is usable", %{state: state} do
        assert {:error, %Error{kind: :timeout}, state} =
                 EctoLibSql.handle_execute(
                   EctoLibSql.Test.Busy.endless(),
                   [],
                   [timeout: 100],
                   state
                 )

        assert rows!(state, "SELECT 1") == [[1]]
      end
    end
  end
end
