defmodule EctoLibSql.RawTest do
  use ExUnit.Case, async: true

  alias EctoLibSql.{Ids, Native, Query, State}
  import EctoLibSql.Test.Busy, only: [kill: 1]
  import EctoLibSql.Test.Machine, only: [eventually: 1]

  setup do
    id = Native.connect([database: ":memory:"], :local)
    %{id: id, state: %State{conn_id: id, mode: :local}}
  end

  defp query(id, sql, args \\ []), do: Native.query_args(id, :local, :disable_sync, sql, args)

  test "a connection is a text, which every function takes", %{id: id, state: state} do
    assert is_binary(id)
    assert Native.ping(id) == true
    assert query(id, "CREATE TABLE t(x)") == %{"columns" => [], "rows" => [], "num_rows" => 0}
    {:ok, _, _, state} = EctoLibSql.handle_execute("INSERT INTO t VALUES (1)", [], [], state)
    assert query(id, "SELECT x FROM t")["rows"] == [[1]]
    assert {:ok, %{rows: [["memory"]]}} = EctoLibSql.Pragma.journal_mode(state)
    assert {:error, text} = query(id, "SELEC")
    assert text =~ "syntax error"
    assert :ok = Native.close(id, :conn_id)
    assert {:error, "Connection not found"} = Native.close(id, :conn_id)
    assert {:error, "Invalid connection ID"} = Native.ping(id)
    assert {:error, "Invalid connection ID"} = query(id, "SELECT 1")
    assert {:error, "Connection not found", :state} = Native.close_conn(id, :conn_id, :state)
    assert {:error, "neither" <> _} = Native.connect([], :local)
  end

  test "a transaction is used by its text, and by no other connection", %{id: id, state: state} do
    query(id, "CREATE TABLE t(x)")
    other = Native.connect([database: ":memory:"], :local)
    transaction = Native.begin_transaction(id)
    assert is_binary(transaction)
    assert Native.execute_with_transaction(transaction, id, "INSERT INTO t VALUES (1)", []) == 1

    assert %{"rows" => [[1]]} = Native.query_with_trx_args(transaction, id, "SELECT x FROM t", [])

    foreign = {:error, "Transaction does not belong to this connection"}
    assert Native.execute_with_transaction(transaction, other, "SELECT 1", []) == foreign
    assert Native.commit_or_rollback_transaction(transaction, other, nil, nil, "commit") == foreign

    assert {:ok, "rollback success"} =
             Native.commit_or_rollback_transaction(transaction, id, nil, nil, "rollback")

    assert query(id, "SELECT x FROM t")["rows"] == []

    for unknown <- ["no", "no/1", nil, :a],
        do:
          assert(
            {:error, "Transaction not found"} =
              Native.execute_with_transaction(unknown, id, "SELECT 1", [])
          )

    {:ok, state} = Native.begin(state)
    assert :ok = Native.close(state.trx_id, :trx_id)
    assert {:error, "Transaction not found"} = Native.close("no", :trx_id)
    assert Native.get_is_autocommit(state) == true
  end

  test "a prepared statement is used by its text until it is closed", %{id: id, state: state} do
    {:ok, statement} = Native.prepare(state, "SELECT ?1 AS a, :b")
    assert is_binary(statement)
    assert Native.statement_column_count(id, statement) == 2
    assert Native.statement_column_name(id, statement, 0) == "a"
    assert Native.statement_parameter_count(id, statement) == 2
    assert Native.statement_parameter_name(id, statement, 2) == ":b"
    assert %{"rows" => [[1, 2]]} = Native.query_prepared(id, statement, nil, nil, [1, 2])
    assert Native.execute_prepared(id, statement, nil, nil, "SELECT", [1, 2]) == 1
    other = Native.connect([database: ":memory:"], :local)

    assert {:error, "Statement does not belong to connection"} =
             Native.statement_column_count(other, statement)

    assert :ok = Native.close(statement, :stmt_id)
    assert {:error, "Statement not found"} = Native.close_stmt(statement)
    assert {:error, "Statement not found"} = Native.query_prepared(id, statement, nil, nil, [1, 2])
    assert {:error, "Prepare failed: " <> _} = Native.prepare(state, "SELEC")
  end

  test "a cursor is read by its text until it is closed", %{id: id, state: state} do
    other = Native.connect([database: ":memory:"], :local)
    cursor = Native.declare_cursor(id, "VALUES (1), (2), (?)", [3])
    assert {["column1"], [[1], [2]], 2} = Native.fetch_cursor(id, cursor, 2)

    assert {:error, "Cursor does not belong to connection"} = Native.fetch_cursor(other, cursor, 2)

    assert {["column1"], [[3]], 1} = Native.fetch_cursor(id, cursor, 2)
    assert {["column1"], [], 0} = Native.fetch_cursor(id, cursor, 2)
    assert :ok = Native.close(cursor, :cursor_id)
    assert {:error, "Cursor not found"} = Native.close(cursor, :cursor_id)
    assert {:error, "Cursor not found"} = Native.fetch_cursor(id, cursor, 2)

    {:ok, state} = Native.begin(state)
    declare = &Native.declare_cursor_with_context(&1, &2, &3, "SELECT 1", [])
    assert is_binary(declare.(id, state.trx_id, :transaction))
    assert {:error, "Transaction does not" <> _} = declare.(other, state.trx_id, :transaction)
    assert {:error, "Connection ID mismatch" <> _} = declare.(other, id, :connection)
    query = %Query{statement: "SELECT 1"}
    {:ok, _, cursor, _} = EctoLibSql.handle_declare(query, [], [], state)
    {:ok, foreign} = EctoLibSql.connect(database: ":memory:")
    foreign = %{foreign | trx_id: state.trx_id}
    assert {:error, error, _} = EctoLibSql.handle_declare(query, [], [], foreign)
    assert error.message =~ "Transaction does not belong"
    assert {["1"], [[1]], 1} = Native.fetch_cursor(id, cursor.ref, 2)
    EctoLibSql.disconnect(:done, state)
    assert {:error, "Invalid connection ID"} = Native.fetch_cursor(id, cursor.ref, 2)
  end

  test "a connection of EctoLibSql.connect/1, its statements and its cursors have no text" do
    {:ok, state} = EctoLibSql.connect(database: ":memory:")
    assert Native.ping(state.conn_id) == true
    assert query(state.conn_id, "SELECT 1")["rows"] == [[1]]
    assert {:ok, statement} = Native.prepare(state, "SELECT 1")
    assert is_reference(statement)
    assert Native.statement_column_count(state.conn_id, statement) == 1
    cursor = Native.declare_cursor(state.conn_id, "SELECT 1", [])
    assert {["1"], [[1]], 1} = Native.fetch_cursor(state.conn_id, cursor, 5)
    assert :ok = Native.close(state.conn_id, :conn_id)
    assert {[], [], 0} = Native.fetch_cursor(state.conn_id, cursor, 5)
  end

  test "texts end with the process that opened the connection, and with the connection" do
    test = self()

    owner =
      spawn(fn ->
        id = Native.connect([database: ":memory:"], :local)
        {:ok, statement} = Native.prepare(%State{conn_id: id}, "SELECT 1")
        send(test, {id, statement, Native.declare_cursor(id, "SELECT 1", [])})
        Process.sleep(:infinity)
      end)

    {id, statement, cursor} = receive do: (opened -> opened)
    texts = [id, statement, cursor]
    assert Native.ping(id) == true
    refute Enum.any?(texts, &(Ids.handle(&1) == &1))
    kill(owner)
    eventually(fn -> Enum.all?(texts, &(Ids.handle(&1) == &1)) end)

    id = Native.connect([database: ":memory:"], :local)
    {:ok, statement} = Native.prepare(%State{conn_id: id}, "SELECT 1")
    EctoLibSql.disconnect(:done, %State{conn_id: id})
    assert {Ids.handle(id), Ids.handle(statement)} == {id, statement}
  end
end
