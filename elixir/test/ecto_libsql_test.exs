defmodule EctoLibSqlTest do
  use ExUnit.Case, async: true

  alias EctoLibSql.{Error, Native, Nif, Query, Result}

  setup do
    {:ok, state} = EctoLibSql.connect(database: ":memory:")
    %{state: state}
  end

  defp run!(state, sql, params \\ []) do
    {:ok, %Query{}, result, _state} = EctoLibSql.handle_execute(sql, params, [], state)
    result
  end

  test "every kind of value goes in and comes out", %{state: state} do
    values = [nil, 0, -1, 9_223_372_036_854_775_807, 1.5, "text", "ü😀", {:blob, <<0, 255>>}, true]

    assert %Result{rows: [row], columns: columns, num_rows: 1, command: :select} =
             run!(state, "SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?", values)

    assert row == [nil, 0, -1, 9_223_372_036_854_775_807, 1.5, "text", "ü😀", <<0, 255>>, 1]
    assert length(columns) == 9

    assert %Result{rows: [["text", "blob", "blob", "blob"]]} =
             run!(state, "SELECT typeof(?), typeof(?), typeof(?), typeof(?)", [
               "a",
               {:blob, "a"},
               <<255>>,
               [1, 2]
             ])
  end

  test "named arguments", %{state: state} do
    assert %Result{rows: [[3, 3]]} = run!(state, "SELECT :a + $b, :a + $b", %{"b" => 2, a: 1})

    assert {:error, %Error{kind: :invalid_argument}, _} =
             EctoLibSql.handle_execute("SELECT :a", %{}, [], state)
  end

  test "an empty result has its columns", %{state: state} do
    assert %Result{rows: [], columns: ["a"], num_rows: 0} = run!(state, "SELECT 1 AS a WHERE 0")
  end

  test "errors say what they are", %{state: state} do
    run!(state, "CREATE TABLE t(x UNIQUE NOT NULL)")
    run!(state, "INSERT INTO t VALUES (1)")

    assert {:error, %Error{kind: :constraint, extended_code: 2067, constraint: constraint}, _} =
             EctoLibSql.handle_execute("INSERT INTO t VALUES (1)", [], [], state)

    assert constraint == %{
             kind: :unique,
             table: "t",
             columns: ["x"],
             name: nil
           }

    assert {:error, %Error{kind: :sql, offset: 7}, _} =
             EctoLibSql.handle_execute("SELECT nope", [], [], state)
  end

  test "what is wrong is an error and the emulator lives", %{state: state} do
    conn = state.conn_id
    huge = Bitwise.bsl(1, 80)
    deep = Enum.reduce(1..10_000, [], fn _, acc -> [acc] end)

    wrong = [
      nil,
      :x,
      1,
      1.5,
      "a",
      <<1::3>>,
      make_ref(),
      self(),
      [],
      [1 | 2],
      %{},
      {},
      huge,
      deep,
      fn -> 1 end
    ]

    for {name, arity} <- Nif.__info__(:functions),
        name not in [:load, :open],
        first <- [conn | wrong],
        second <- wrong do
      arguments = Enum.take([first, second, second, second], arity)

      case apply(Nif, name, arguments) do
        {:error, fields} when is_tuple(fields) -> :ok
        _ when first == conn -> :ok
        other -> flunk("#{name}(#{inspect(arguments)}) gave #{inspect(other)}")
      end

      if name == :close and first == conn, do: throw(:unreachable)
    end
  catch
    :throw, :unreachable -> :ok
  end

  test "a cursor reads as it is asked", %{state: state} do
    sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    {:ok, query, cursor, state} = EctoLibSql.handle_declare(%Query{statement: sql}, [], [], state)

    assert {:cont, %Result{rows: [[1], [2], [3]]}, state} =
             EctoLibSql.handle_fetch(query, cursor, [max_rows: 3], state)

    assert {:cont, %Result{rows: [[4]]}, state} =
             EctoLibSql.handle_fetch(query, cursor, [max_rows: 1], state)

    assert {:ok, %Result{}, state} = EctoLibSql.handle_deallocate(query, cursor, [], state)
    assert {:error, %Error{}, _} = EctoLibSql.handle_fetch(query, cursor, [], state) |> closed()
  end

  defp closed({:disconnect, error, state}), do: {:error, error, state}
  defp closed(other), do: other

  test "transactions and savepoints of any depth", %{state: state} do
    run!(state, "CREATE TABLE t(x)")
    {:idle, ^state} = EctoLibSql.handle_status([], state)
    {:ok, _, state} = EctoLibSql.handle_begin([], state)
    {:transaction, ^state} = EctoLibSql.handle_status([], state)

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
    {:idle, state} = EctoLibSql.handle_status([], state)
    assert %Result{rows: [[1], [2], [3]]} = run!(state, "SELECT x FROM t")
    assert {:idle, _} = EctoLibSql.handle_commit([], state)
  end

  test "a query is interrupted, by hand, by its timeout and by its caller's end", %{state: state} do
    endless =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

    assert {:error, %Error{kind: :timeout}, _} =
             EctoLibSql.handle_execute(endless, [], [timeout: 50], state)

    task = Task.async(fn -> EctoLibSql.handle_execute(endless, [], [timeout: :infinity], state) end)
    Process.sleep(50)
    assert :ok = Native.interrupt(state)
    assert {:error, %Error{kind: :interrupted}, _} = Task.await(task)

    pid = spawn(fn -> EctoLibSql.handle_execute(endless, [], [timeout: :infinity], state) end)
    Process.sleep(50)
    Process.exit(pid, :kill)
    # The next call gets its turn.
    assert %Result{rows: [[1]]} = run!(state, "SELECT 1")
  end

  test "the end of the owner closes the connection" do
    parent = self()

    {pid, monitor} =
      spawn_monitor(fn ->
        {:ok, state} = EctoLibSql.connect(database: ":memory:")
        send(parent, state)
        Process.sleep(:infinity)
      end)

    state = receive do: (state -> state)
    assert %Result{rows: [[1]]} = run!(state, "SELECT 1")
    Process.exit(pid, :kill)
    receive do: ({:DOWN, ^monitor, _, _, _} -> :ok)
    Process.sleep(50)

    assert {:disconnect, %Error{kind: :closed}, _} =
             EctoLibSql.handle_execute("SELECT 1", [], [], state)
  end

  test "64 processes take turns", %{state: state} do
    run!(state, "CREATE TABLE t(x)")

    1..64
    |> Enum.map(fn i ->
      Task.async(fn ->
        for k <- 1..20, do: run!(state, "INSERT INTO t VALUES (?)", [i * 100 + k])
      end)
    end)
    |> Task.await_many(60_000)

    assert %Result{rows: [[1280, 1280]]} = run!(state, "SELECT count(*), count(DISTINCT x) FROM t")
  end

  test "held statements", %{state: state} do
    run!(state, "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT)")
    {:ok, insert} = Native.prepare(state, "INSERT INTO t(name) VALUES (:name)")
    assert {:ok, 1} = Native.execute_stmt(state, insert, "INSERT", %{name: "Ada"})
    assert {:ok, 1} = Native.stmt_parameter_count(state, insert)
    assert {:ok, "name"} = Native.stmt_parameter_name(state, insert, 1)
    assert {:ok, 0} = Native.stmt_column_count(state, insert)
    {:ok, select} = Native.prepare(state, "SELECT id, name FROM t WHERE id = ?")
    assert {:ok, %Result{rows: [[1, "Ada"]]}} = Native.query_stmt(state, select, [1])
    assert {:ok, %Result{rows: [], columns: ["id", "name"]}} = Native.query_stmt(state, select, [2])

    assert {:ok, [{"id", "id", "INTEGER"}, {"name", "name", "TEXT"}]} =
             Native.get_stmt_columns(state, select)

    assert {:error, %Error{}} = Native.stmt_column_name(state, select, 2)
    assert :ok = Native.close_stmt(select)
    assert {:error, %Error{kind: :closed}} = Native.query_stmt(state, select, [1])
  end

  test "batches", %{state: state} do
    run!(state, "CREATE TABLE t(x UNIQUE)")

    assert {:ok, [%Result{num_rows: 1}, {:error, %Error{kind: :constraint}}, %Result{rows: [[1]]}]} =
             Native.batch(state, [
               {"INSERT INTO t VALUES (?)", [1]},
               {"INSERT INTO t VALUES (:x)", %{x: 1}},
               {"SELECT x FROM t", []}
             ])

    assert {:error, %Error{kind: :constraint}} =
             Native.batch_transactional(state, [
               {"INSERT INTO t VALUES (2)", []},
               {"INSERT INTO t VALUES (1)", []}
             ])

    assert {:ok, [nil, %Result{rows: [[1], [3]]}]} =
             Native.execute_batch_sql(state, "INSERT INTO t VALUES (3); SELECT x FROM t;")

    assert {:error, %Error{}} =
             Native.execute_transactional_batch_sql(
               state,
               "INSERT INTO t VALUES (4); INSERT INTO t VALUES (1)"
             )

    assert %Result{rows: [[2]]} = run!(state, "SELECT count(*) FROM t")
    assert {:ok, []} = Native.batch(state, [])
    assert {:error, %Error{kind: :invalid_argument}} = Native.batch(state, [:x])
  end

  test "a foreign key that refuses is named", %{state: state} do
    run!(state, "CREATE TABLE p(id INTEGER PRIMARY KEY)")
    run!(state, "CREATE TABLE c(pid INTEGER CONSTRAINT c_pid_fkey REFERENCES p(id))")

    assert {:error, %Error{constraint: %{kind: :foreign_key, name: "c_pid_fkey", table: "c"}}, _} =
             EctoLibSql.handle_execute("INSERT INTO c VALUES (?)", [1], [], state)

    run!(state, "INSERT INTO p VALUES (1)")
    run!(state, "INSERT INTO c VALUES (1)")

    assert {:error, %Error{constraint: %{name: "c_pid_fkey"}}, _} =
             EctoLibSql.handle_execute("DELETE FROM p", [], [], state)
  end
end
