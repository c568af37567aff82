defmodule EctoLibSql.ServerLossTest do
  # A server that is killed or says nothing any more, and comes back.
  use ExUnit.Case, async: false

  alias EctoLibSql.{Error, Native, Nif, Query}
  alias EctoLibSql.Test.{Modes, Server}
  import EctoLibSql.Test.Machine
  import EctoLibSql.Test.Modes, only: [run!: 2, rows!: 2]

  if Server.program() do
    setup do
      %{server: Server.start!()}
    end
  else
    IO.puts(
      "There is no libsql-server (SQLD, PATH, scripts/setup test): the tests of its loss do not run."
    )

    @moduletag skip: "there is no libsql-server"
  end

  defp remote!(server), do: Modes.connect!(uri: Server.url(server))

  defp replica!(server),
    do: Modes.connect!(database: Path.join(folder!(), "replica.db"), uri: Server.url(server))

  # An error that says so, in time.
  defp assert_lost(f, timeout, kinds \\ [:network, :timeout]) do
    {outcome, took} = timed(f)
    assert elem(outcome, 0) in [:error, :disconnect]
    assert %Error{kind: kind, message: message} = elem(outcome, 1)
    assert kind in kinds
    assert message != ""
    # A bound on hanging: without a timeout of one's own it is 15 s.
    assert took < timeout + 14_000
  end

  defp execute(state, sql, timeout),
    do: EctoLibSql.handle_execute(sql, [], [timeout: timeout], state)

  defp assert_works_again(state) do
    eventually(
      fn -> match?({:ok, _, %{rows: [[1]]}, _}, execute(state, "SELECT 1", 5_000)) end,
      10_000
    )
  end

  test "a remote connection works again when the server is back", %{server: server} do
    state = remote!(server)
    run!(state, "CREATE TABLE t(x)")
    run!(state, "INSERT INTO t VALUES (1)")
    server = Server.kill!(server)
    assert_lost(fn -> execute(state, "SELECT 1", 1_000) end, 1_000)
    assert_lost(fn -> execute(state, "INSERT INTO t VALUES (2)", 1_000) end, 1_000)
    # What cannot reach the server has not run.
    assert {_, %Error{outcome: :not_run}, _} = execute(state, "INSERT INTO t VALUES (2)", 1_000)
    assert_lost(fn -> EctoLibSql.ping(state) end, 15_000)
    # BEGIN may go with the first statement.
    with {:ok, _, begun} <- EctoLibSql.handle_begin([timeout: 1_000], state) do
      assert_lost(fn -> execute(begun, "SELECT 1", 1_000) end, 1_000)
      EctoLibSql.handle_rollback([timeout: 1_000], begun)
    end

    server = Server.restart!(server)
    assert_works_again(state)
    assert rows!(state, "SELECT x FROM t") == [[1]]
    Server.kill!(server)
  end

  test "a remote transaction is over, and its next statement says so", %{server: server} do
    state = remote!(server)
    run!(state, "CREATE TABLE t(x)")
    {:ok, _, state} = EctoLibSql.handle_begin([], state)
    run!(state, "INSERT INTO t VALUES (1)")
    server = Server.restart!(Server.kill!(server))
    # Not as if it had never been: nothing may run outside of it.
    assert {kind, %Error{}, state} = execute(state, "INSERT INTO t VALUES (2)", 5_000)
    assert kind in [:error, :disconnect]
    assert {:error, state} = EctoLibSql.handle_commit([timeout: 5_000], state)
    assert {:ok, _, state} = EctoLibSql.handle_rollback([timeout: 5_000], state)
    EctoLibSql.disconnect(:lost, state)
    assert rows!(remote!(server), "SELECT x FROM t") == []
  end

  test "a remote cursor is lost with the server, and a prepared statement is not", %{server: server} do
    state = remote!(server)
    {:ok, statement} = Native.prepare(state, "SELECT 1")
    assert {:ok, %{rows: [[1]]}} = Native.query_stmt(state, statement)
    query = %Query{statement: EctoLibSql.Test.Busy.numbers()}
    {:ok, _, cursor, state} = EctoLibSql.handle_declare(query, [], [timeout: 5_000], state)
    {:cont, _, state} = EctoLibSql.handle_fetch(query, cursor, [max_rows: 10], state)
    server = Server.kill!(server)

    assert_lost(
      fn ->
        EctoLibSql.handle_fetch(query, cursor, [max_rows: 1_000_000_000, timeout: 2_000], state)
      end,
      2_000
    )

    assert {:error, "" <> _} = Native.query_stmt(state, statement)
    assert {kind, _, _} = EctoLibSql.handle_deallocate(query, cursor, [], state)
    assert kind in [:ok, :error, :disconnect]
    Server.restart!(server)
    assert_works_again(state)
    assert {:ok, %{rows: [[1]]}} = Native.query_stmt(state, statement)
  end

  test "a process that waits for the server can be killed, and its connection closed", %{
    server: server
  } do
    state = remote!(server)
    run!(state, "CREATE TABLE t(x)")
    Server.hold!(server)
    caller = spawn(fn -> execute(state, "SELECT 1", :infinity) end)
    eventually(fn -> in_native?(caller) end)
    EctoLibSql.Test.Busy.kill(caller)
    # The turn is free again: this one ends by its own deadline.
    assert_lost(fn -> execute(state, "SELECT 1", 300) end, 300, [:timeout])
    {_, took} = timed(fn -> EctoLibSql.disconnect(:done, state) end)
    assert took < 30_000
    Server.continue!(server)
    assert rows!(remote!(server), "SELECT x FROM t") == []
  end

  test "deadlines are kept when the server says nothing", %{server: server} do
    state = remote!(server)
    run!(state, "CREATE TABLE t(x)")
    Server.hold!(server)

    for timeout <- [1, 100, 500],
        do: assert_lost(fn -> execute(state, "SELECT 1", timeout) end, timeout, [:timeout])

    Server.continue!(server)
    assert_works_again(state)
  end

  test "a replica reads on, writes fail, and both work again", %{server: server} do
    state = replica!(server)
    run!(state, "CREATE TABLE t(x)")
    run!(state, "INSERT INTO t VALUES (1)")
    assert {:ok, _} = Native.sync(state)
    server = Server.kill!(server)
    assert rows!(state, "SELECT x FROM t") == [[1]]
    assert_lost(fn -> execute(state, "INSERT INTO t VALUES (2)", 1_000) end, 1_000)
    assert rows!(state, "SELECT x FROM t") == [[1]]
    Server.restart!(server)

    eventually(
      fn ->
        match?({:ok, _, %{num_rows: 1}, _}, execute(state, "INSERT INTO t VALUES (3)", 5_000))
      end,
      10_000
    )

    assert {:ok, _} = Native.sync(state)
    assert [[1] | rest] = rows!(state, "SELECT x FROM t ORDER BY x")
    assert List.last(rest) == [3]
  end

  test "a process that syncs or waits for a sync can be killed", %{server: server} do
    state = replica!(server)
    run!(state, "CREATE TABLE t(x)")
    Server.hold!(server)
    syncs = spawn(fn -> Nif.sync(state.conn_id, :infinity) end)
    eventually(fn -> another_syncs?(state) end)
    freezes = spawn(fn -> Nif.freeze(state.conn_id) end)
    eventually(fn -> in_native?(freezes) end)
    EctoLibSql.Test.Busy.kill(freezes)
    # It is interrupted until it has ended: while the other one still syncs.
    Process.sleep(200)
    assert another_syncs?(state)
    EctoLibSql.Test.Busy.kill(syncs)
    eventually(fn -> not another_syncs?(state) end)
    Server.continue!(server)
    # It was not frozen.
    assert {:ok, _, _} = Nif.sync(state.conn_id, 30_000)
    run!(state, "INSERT INTO t VALUES (1)")
    assert rows!(state, "SELECT x FROM t") == [[1]]
  end

  # By its error while the server says nothing.
  defp another_syncs?(state) do
    {:error, {:timeout, _, _, message, _, _, _, _, _}} = Nif.sync(state.conn_id, 50)
    message =~ "another sync"
  end
end
