defmodule EctoLibSql.InterruptionTest do
  use ExUnit.Case, async: true

  alias EctoLibSql.{Error, Native, Nif, Query, Result}
  alias EctoLibSql.Test.Modes
  import EctoLibSql.Test.{Busy, Machine}
  import EctoLibSql.Test.Modes, only: [run!: 2, rows!: 2]

  # How much later than its deadline a call may end on a busy machine: less than by any other limit.
  @late 14_000

  setup do
    %{state: Modes.connect!(Modes.options(:local))}
  end

  # An interrupt that comes before the statement has begun has no effect: hence again and again.
  defp interrupt(state, task) do
    eventually(fn -> Native.interrupt(state) == :ok && Task.yield(task, 0) end)
  end

  defp assert_in_time(f, timeout) do
    {result, took} = timed(f)
    assert took >= timeout
    assert took < timeout + @late
    result
  end

  test "interrupt ends a query, and the connection is usable", %{state: state} do
    for _ <- 1..20 do
      task = run_endless(state)
      assert {:ok, {:error, {:interrupted, 9, 9, _, _, _, _, _, _}}} = interrupt(state, task)
      assert rows!(state, "SELECT 1") == [[1]]
    end
  end

  test "interrupt ends the reading of a cursor", %{state: state} do
    {_query, %{ref: {cursor, _}}, state} = open_cursor(state)
    task = Task.async(fn -> Nif.fetch(state.conn_id, cursor, 1_000_000_000_000, :infinity) end)
    eventually(fn -> in_native?(task.pid) end)
    assert {:ok, {:error, {:interrupted, _, _, _, _, _, _, _, _}}} = interrupt(state, task)
    assert rows!(state, "SELECT 1") == [[1]]
  end

  test "interrupt ends a script, a batch, and a held statement", %{state: state} do
    {:ok, statement} = Native.prepare(state, endless())

    for f <- [
          fn -> Native.execute_batch_sql(state, "SELECT 1; " <> endless()) end,
          fn -> Native.batch(state, [{endless(), []}]) end,
          fn -> Native.batch_transactional(state, [{endless(), []}]) end,
          fn -> Native.query_stmt(state, statement) end
        ] do
      task = Task.async(f)
      eventually(fn -> in_native?(task.pid) end)

      case interrupt(state, task) do
        {:ok, {:error, "interrupted" <> _}} -> :ok
        {:ok, {:ok, [{:error, "interrupted" <> _}]}} -> :ok
      end

      assert rows!(state, "SELECT 1") == [[1]]
      assert {:ok, true} = autocommit(state)
    end
  end

  defp autocommit(state), do: {:ok, Native.get_is_autocommit(state)}

  test "interrupting an idle connection has no effect", %{state: state} do
    assert :ok = Native.interrupt(state)
    assert rows!(state, "SELECT 1") == [[1]]
  end

  for timeout <- [0, 1, 100, 300] do
    test "a query ends #{timeout} ms after it began, if that is its timeout", %{state: state} do
      timeout = unquote(timeout)

      assert {:error, %Error{kind: :timeout}, _} =
               assert_in_time(
                 fn -> EctoLibSql.handle_execute(endless(), [], [timeout: timeout], state) end,
                 timeout
               )

      assert rows!(state, "SELECT 1") == [[1]]
    end
  end

  test "a query that gives rows has a timeout as well", %{state: state} do
    assert {:error, %Error{kind: :timeout}, _} =
             assert_in_time(
               fn -> EctoLibSql.handle_execute(numbers(), [], [timeout: 100], state) end,
               100
             )

    assert rows!(state, "SELECT 1") == [[1]]
  end

  test "waiting for a turn has a timeout as well", %{state: state} do
    task = run_endless(state)

    assert {:error, %Error{kind: :timeout}, _} =
             assert_in_time(
               fn -> EctoLibSql.handle_execute("SELECT 1", [], [timeout: 100], state) end,
               100
             )

    assert {:error, {:timeout, _, _, _, _, _, _, _, _}} =
             assert_in_time(fn -> Nif.ping(state.conn_id, 50) end, 50)

    assert {:ok, {:error, _}} = interrupt(state, task)
    assert rows!(state, "SELECT 1") == [[1]]
  end

  test "waiting for a lock has a timeout as well" do
    options = Modes.options(:local) ++ [busy_timeout: 60_000]
    [writer, state] = for _ <- 1..2, do: Modes.connect!(options)
    run!(writer, "CREATE TABLE t(x)")
    {:ok, writer} = Native.begin(writer, behavior: :immediate)

    assert {:error, %Error{kind: :timeout}, _} =
             assert_in_time(
               fn ->
                 EctoLibSql.handle_execute("INSERT INTO t VALUES (1)", [], [timeout: 100], state)
               end,
               100
             )

    task =
      Task.async(fn ->
        EctoLibSql.handle_execute("INSERT INTO t VALUES (1)", [], [timeout: :infinity], state)
      end)

    eventually(fn ->
      match?({_, {Process, :sleep, 1}}, Process.info(task.pid, :current_function))
    end)

    assert {:ok, {:error, %Error{kind: :interrupted}, _}} = interrupt(state, task)

    # What is waited for in the native part.
    batch = [{"INSERT INTO t VALUES (1)", []}]
    task = Task.async(fn -> Nif.run_batch(state.conn_id, batch, true, :infinity) end)
    eventually(fn -> in_native?(task.pid) end)
    assert {:ok, {:error, {:interrupted, _, _, _, _, _, _, _, _}}} = interrupt(state, task)
    {:ok, _} = Native.commit(writer)
    assert run!(state, "INSERT INTO t VALUES (1)").num_rows == 1
  end

  # Runs a query that is stopped in a transaction that has written a row.
  defp stopped_in_transaction(state, sql) do
    run!(state, "CREATE TABLE t(x)")
    {:ok, _, state} = EctoLibSql.handle_begin([], state)
    run!(state, "INSERT INTO t VALUES (1)")

    assert {:error, %Error{kind: :timeout}, state} =
             EctoLibSql.handle_execute(sql, [], [timeout: 30], state)

    state
  end

  test "a transaction stays open when one of its queries is stopped", %{state: state} do
    state = stopped_in_transaction(state, endless())
    assert {:transaction, state} = EctoLibSql.handle_status([], state)
    assert {:ok, _, state} = EctoLibSql.handle_commit([], state)
    assert rows!(state, "SELECT x FROM t") == [[1]]
  end

  test "a write that is stopped is undone, with or without its transaction", %{state: state} do
    state = stopped_in_transaction(state, "INSERT INTO t " <> numbers())

    # SQLite may end the whole transaction then: what is said about it is true.
    case EctoLibSql.handle_status([], state) do
      {:transaction, state} ->
        assert {:ok, _, state} = EctoLibSql.handle_commit([], state)
        assert rows!(state, "SELECT x FROM t") == [[1]]

      {:error, state} ->
        assert {:error, state} = EctoLibSql.handle_commit([], state)
        assert {:ok, _, state} = EctoLibSql.handle_rollback([], state)
        assert rows!(state, "SELECT x FROM t") == []
    end
  end

  test "a huge timeout is as good as none", %{state: state} do
    for timeout <- [9_223_372_036_854_775_807, 9_300_000_000_000, :infinity] do
      assert {:ok, %Query{}, %Result{rows: [[1]]}, _} =
               EctoLibSql.handle_execute("SELECT 1", [], [timeout: timeout], state)
    end
  end

  test "each fetch of a cursor has the timeout for itself", %{state: state} do
    {:ok, query, cursor, state} =
      EctoLibSql.handle_declare(%Query{statement: numbers()}, [], [timeout: 100], state)

    {:cont, _, state} = EctoLibSql.handle_fetch(query, cursor, [max_rows: 1, timeout: 100], state)
    Process.sleep(150)

    assert {:cont, %Result{rows: [[2]]}, state} =
             EctoLibSql.handle_fetch(query, cursor, [max_rows: 1, timeout: 100], state)

    assert {:error, %Error{kind: :timeout}, state} =
             assert_in_time(
               fn ->
                 EctoLibSql.handle_fetch(
                   query,
                   cursor,
                   [max_rows: 1_000_000_000_000, timeout: 100],
                   state
                 )
               end,
               100
             )

    assert rows!(state, "SELECT 1") == [[1]]
  end
end
