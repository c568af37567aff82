defmodule EctoLibSql.Native.Raw do
  @moduledoc """
  Functions of `EctoLibSql.Native` that take no state, called like the raw functions of 0.9.1.

  `EctoLibSql.Native` exports all of them under the same names. `connect/2` returns a string that identifies the
  connection; its statements, cursors and transactions are identified by strings too. The other functions also
  accept the terms that `EctoLibSql.connect/1` and the functions of `EctoLibSql.Native` return. Whatever has a
  string lives until `close/2`, until its connection is closed, or until the process that opened the connection
  ends. On failure the functions return `{:error, text}`. They ignore the arguments `mode` and `sync`.
  """

  alias EctoLibSql.{Error, Ids, Native, Nif, Query, State}

  @doc "Opens a connection and returns its string."
  def connect(opts, _mode) when is_list(opts) do
    with {:ok, %State{conn_id: conn}} <- result(EctoLibSql.connect(opts)),
         do: Ids.of_connection(conn)
  end

  @doc "Returns `true` if the connection works."
  def ping(conn_id), do: with({:ok, _} <- result(EctoLibSql.ping(state(conn_id))), do: true)

  @doc "Closes a `:conn_id`, `:stmt_id` or `:cursor_id`, or rolls back a `:trx_id`."
  def close(id, kind)

  def close(id, :conn_id) do
    case Ids.handle(id) do
      conn when is_reference(conn) -> EctoLibSql.disconnect(:closed, state(id))
      _ -> {:error, "Connection not found"}
    end
  end

  def close(id, :stmt_id), do: Native.close_stmt(id)

  def close(id, :cursor_id) do
    with {:ok, conn_id, {cursor, _columns}} <- cursor(id) do
      Nif.close_cursor(Ids.handle(conn_id), cursor)
      Ids.forget(id)
      :ok
    end
  end

  def close(id, :trx_id) do
    with {:ok, conn_id} <- connection_of(id), {:ok, _} <- Native.rollback(state(conn_id)), do: :ok
  end

  @doc "Like `close/2`, but returns the state as well if it fails."
  def close_conn(id, kind, state),
    do: with({:error, why} <- close(id, kind), do: {:error, why, state})

  @doc "Runs a statement and returns a map with `\"columns\"`, `\"rows\"` and `\"num_rows\"`."
  def query_args(conn_id, _mode, _sync, sql, args) do
    with {:ok, _, result, _} <- result(Native.query(state(conn_id), %Query{statement: sql}, args)),
         do: map(result)
  end

  # --- transactions ---

  @doc "Begins a transaction and returns its identifier."
  def begin_transaction(conn_id), do: begin_transaction_with_behavior(conn_id, :deferred)

  @doc "Like `begin_transaction/1`, with a behaviour; see `EctoLibSql.Native.begin/2`."
  def begin_transaction_with_behavior(conn_id, behavior) do
    with {:ok, state} <- Native.begin(state(conn_id), behavior: behavior), do: state.trx_id
  end

  @doc "Runs a statement in a transaction and returns the number of rows."
  def execute_with_transaction(transaction, conn_id, sql, args) do
    with %{"num_rows" => count} <- query_with_trx_args(transaction, conn_id, sql, args), do: count
  end

  @doc "Like `query_args/5`, in a transaction."
  def query_with_trx_args(transaction, conn_id, sql, args) do
    with :ok <- result(check(transaction, conn_id)),
         do: query_args(conn_id, nil, nil, sql, args)
  end

  @doc "Ends a transaction with `\"commit\"` or `\"rollback\"`."
  def commit_or_rollback_transaction(transaction, conn_id, _mode, _sync, how)
      when how in ["commit", "rollback"] do
    with :ok <- result(check(transaction, conn_id)) do
      if how == "commit",
        do: Native.commit(state(conn_id)),
        else: Native.rollback(state(conn_id))
    end
  end

  # --- prepared statements ---

  @doc "Runs a prepared statement and returns a map like `query_args/5`."
  def query_prepared(conn_id, statement, _mode, _sync, args) do
    with {:ok, result} <- Native.query_stmt(state(conn_id), statement, args), do: map(result)
  end

  @doc "Runs a prepared statement and returns the number of rows."
  def execute_prepared(conn_id, statement, _mode, _sync, _sql, args) do
    with {:ok, result} <- Native.query_stmt(state(conn_id), statement, args), do: result.num_rows
  end

  @doc "The number of columns that a prepared statement returns."
  def statement_column_count(conn_id, statement),
    do: value(Native.stmt_column_count(state(conn_id), statement))

  @doc "The name of a column. Columns are counted from 0."
  def statement_column_name(conn_id, statement, index),
    do: value(Native.stmt_column_name(state(conn_id), statement, index))

  @doc "The number of parameters of a prepared statement."
  def statement_parameter_count(conn_id, statement),
    do: value(Native.stmt_parameter_count(state(conn_id), statement))

  @doc "The name of a parameter. Parameters are counted from 1."
  def statement_parameter_name(conn_id, statement, index),
    do: value(Native.stmt_parameter_name(state(conn_id), statement, index))

  # --- cursors ---

  @doc "Opens a cursor and returns its string."
  def declare_cursor(conn_id, sql, args),
    do: declare_cursor_with_context(conn_id, conn_id, :connection, sql, args)

  @doc "Opens a cursor on a `:connection` or in a `:transaction`."
  def declare_cursor_with_context(conn_id, id, kind, sql, args)
      when kind in [:connection, :transaction] do
    query = %Query{statement: sql}
    args = Query.encode_params(args, sql)

    with :ok <- context(kind, id, conn_id),
         {:ok, _, cursor, _} <- result(EctoLibSql.handle_declare(query, args, [], state(conn_id))),
         do: Ids.of(conn_id, cursor.ref)
  end

  @doc "Fetches the next rows as `{columns, rows, count}`; returns `{[], [], 0}` if the connection is closed."
  def fetch_cursor(conn_id, id, most) do
    with {:ok, _, {_, columns} = cursor} <- cursor(id) do
      case EctoLibSql.handle_fetch(nil, %{ref: cursor}, [max_rows: most], state(conn_id)) do
        {kind, result, _} when kind in [:cont, :halt] -> {columns, result.rows, result.num_rows}
        {_, %Error{kind: :closed}, _} -> {[], [], 0}
        {_, error, _} -> {:error, Error.text(error)}
      end
    end
  end

  # --- common ---

  defp state(conn_id), do: %State{conn_id: conn_id}

  defp result({:error, %Error{} = error}), do: {:error, Error.text(error)}

  defp result({kind, %Error{} = error, _}) when kind in [:error, :disconnect],
    do: result({:error, error})

  defp result(result), do: result

  defp value({:ok, value}), do: value
  defp value(error), do: error

  defp map(result) do
    %{
      "columns" => result.columns || [],
      "rows" => result.rows || [],
      "num_rows" => result.num_rows
    }
  end

  defp check(nil, _conn_id), do: {:error, "Transaction not found"}
  defp check(transaction, conn_id), do: Ids.check_transaction(transaction, conn_id)

  defp connection_of(transaction) do
    with :error <- Ids.connection_of(transaction), do: {:error, "Transaction not found"}
  end

  defp context(:transaction, id, conn_id), do: result(check(id, conn_id))
  defp context(:connection, conn_id, conn_id), do: :ok

  defp context(:connection, _id, _conn_id),
    do: {:error, "Connection ID mismatch: the cursor would be of another connection"}

  # The string of a cursor contains that of its connection.
  defp cursor(id) do
    case Ids.handle(id) do
      {cursor, columns} when is_binary(id) ->
        [conn_id, _] = String.split(id, "/")
        {:ok, conn_id, {cursor, columns}}

      {cursor, columns} ->
        {:ok, nil, {cursor, columns}}

      _ ->
        {:error, "Cursor not found"}
    end
  end
end
