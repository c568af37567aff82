defmodule EctoLibSql do
  @moduledoc """
  libSQL for Elixir: a DBConnection implementation on top of the C++ driver.

  Most programs use it through an Ecto repo whose adapter is `Ecto.Adapters.LibSql`, or through a pool
  (`EctoLibSql.start_link/1`). The functions of `EctoLibSql.Native` work on a single connection without
  either.

  See `EctoLibSql.Options` for the options. Without a pool, call the callbacks one after the other, each
  with the state that the previous one returned:

      iex> {:ok, state} = EctoLibSql.connect(database: ":memory:")
      iex> {:ok, _query, result, state} =
      ...>   EctoLibSql.handle_execute("SELECT ?1 + 1 AS sum", [41], [], state)
      iex> {result.columns, result.rows}
      {["sum"], [[42]]}
      iex> {:ok, :begin, state} = EctoLibSql.handle_begin([mode: :immediate], state)
      iex> {status, state} = EctoLibSql.handle_status([], state)
      iex> status
      :transaction
      iex> EctoLibSql.disconnect(:done, state)
      :ok
  """

  alias EctoLibSql.{
    Attached,
    BusyRetry,
    Command,
    ConnectionCallback,
    DatabaseLocation,
    Error,
    Ids,
    NamedArguments,
    Nif,
    Options,
    Query,
    Result,
    State
  }

  import EctoLibSql.Ids, only: [conn: 1]

  if Code.ensure_loaded?(DBConnection) do
    @behaviour DBConnection

    @doc """
    Starts a pool of connections. See `DBConnection.start_link/2`, and `EctoLibSql.Options` for the options of the
    connections. If an option is wrong, no pool starts, and the error gives the reason.
    """
    def start_link(opts) do
      with :ok <- Options.check(opts),
           {:ok, opts} <- DatabaseLocation.for_pool(opts, opts[:pool_size] || 1),
           do: DBConnection.start_link(__MODULE__, opts)
    end

    @doc false
    def child_spec(opts) do
      Supervisor.child_spec(DBConnection.child_spec(__MODULE__, opts),
        start: {__MODULE__, :start_link, [opts]}
      )
    end
  end

  @doc """
  Calls a function with the `EctoLibSql.State` of a connection from a repo or a pool. Use it to call the
  functions of `EctoLibSql.Native`, `EctoLibSql.Pragma` and `EctoLibSql.JSON`.

      EctoLibSql.with_connection(MyApp.Repo, &EctoLibSql.Native.sync/1)

  Inside a transaction, it uses the connection of that transaction. Returns `{:ok, result}` with the result
  of the function. Do not use the state afterwards. A transaction that the function begins must also end in
  the function.
  """
  @spec with_connection(module | DBConnection.conn(), (State.t() -> result), keyword) ::
          {:ok, result} | {:error, Exception.t()}
        when result: term
  def with_connection(repo_or_pool, function, opts \\ []) when is_function(function, 1) do
    call = ConnectionCallback.new(function)

    if is_atom(repo_or_pool) and function_exported?(repo_or_pool, :__adapter__, 0) do
      with {:ok, outcome} <- Ecto.Adapters.SQL.query(repo_or_pool, call, [], opts),
           do: ConnectionCallback.result(outcome)
    else
      with {:ok, _call, outcome} <- DBConnection.execute(repo_or_pool, call, [], opts),
           do: ConnectionCallback.result(outcome)
    end
  end

  # --- a connection's life ---

  @doc "Opens a connection; see `EctoLibSql.Options`."
  def connect(opts) do
    with {:ok, values} <- Options.read(opts),
         :ok <- DatabaseLocation.check_pool(opts),
         {:ok, {settings, pragmas, extensions}} <- Options.native(values),
         {:ok, conn} <- native(Nif.open(settings, pragmas, extensions)),
         :ok <- or_closed(filled(conn, values[:serialized]), conn),
         :ok <- or_closed(Attached.open(conn, values.attach, settings), conn) do
      {:ok,
       %State{
         conn_id: conn,
         mode: State.detect_mode(opts),
         sync: State.detect_sync(sync: values[:sync]),
         begin: String.to_existing_atom(values[:default_transaction_mode] || "deferred"),
         pooled: Keyword.has_key?(opts, :pool_index),
         chunk_size: values[:chunk_size] || 500,
         before_disconnect: values[:before_disconnect]
       }}
    end
  end

  defp filled(_conn, nil), do: :ok
  defp filled(conn, bytes), do: native(Nif.deserialize(conn, "main", bytes))

  defp or_closed(:ok, _conn), do: :ok

  defp or_closed(failed, conn) do
    Nif.close(conn)
    failed
  end

  @doc "Closes a connection and interrupts whatever runs on it. Always returns `:ok`."
  def disconnect(reason, %State{} = state) do
    case state.before_disconnect do
      nil -> :ok
      {module, function, arguments} -> apply(module, function, [reason, state | arguments])
      function -> function.(reason, state)
    end

    if is_reference(conn(state)), do: Nif.close(conn(state))
    if is_binary(state.conn_id), do: Ids.forget(state.conn_id)
    :ok
  end

  @doc "No-op: a connection needs no preparation before it is used."
  def checkout(state), do: {:ok, state}

  @doc "Checks whether the connection works. A pool calls this while the connection is idle."
  def ping(%State{} = state) do
    case native(Nif.ping(conn(state), 15_000)) do
      :ok -> without_leftover(state)
      {:error, error} -> {:disconnect, error, state}
    end
  end

  # --- transactions ---

  @doc """
  Begins a transaction, or, with `mode: :savepoint`, a savepoint inside one.

  The other modes are `:deferred`, `:immediate`, `:exclusive` and `:read_only`. Without a mode, or with
  `:transaction`, the option `:default_transaction_mode` decides.
  """
  def handle_begin(opts, %State{} = state) do
    with {:ok, state} <- taken_over(state), do: begin_or_nest(opts, state)
  end

  defp begin_or_nest(opts, state) do
    case {Keyword.get(opts, :mode, :transaction), state.trx_id, status(state)} do
      {:savepoint, trx, :transaction} when trx != nil ->
        name = "ecto_libsql_#{state.savepoints + 1}"
        step(state, "SAVEPOINT #{name}", opts, &%{&1 | savepoints: &1.savepoints + 1})

      {mode, nil, :idle} when mode != :savepoint ->
        mode = if mode == :transaction, do: state.begin, else: mode

        case locking(state, opts, &Nif.begin(conn(state), mode, &1)) do
          :ok -> {:ok, :begin, begun(state)}
          {:error, error} -> failed(error, state)
        end

      {_, _, status} ->
        not_possible(status, state)
    end
  end

  defp begun(state) do
    %{state | trx_id: Ids.of_transaction(state.conn_id), savepoints: 0, begun_by: nil}
  end

  @doc """
  Commits the transaction, or, with `mode: :savepoint`, releases the last savepoint.

  If this fails, the transaction is rolled back and the connection is idle; with `mode: :savepoint`, the work
  since the savepoint is undone. If the engine has already ended the transaction by itself, there is nothing
  to commit, and the function returns the status `:error`.
  """
  def handle_commit(opts, %State{} = state) do
    case {Keyword.get(opts, :mode, :transaction), state.trx_id, status(state)} do
      {:savepoint, trx, :transaction} when trx != nil and state.savepoints > 0 ->
        with {kind, %Error{} = error, state} when kind in [:error, :disconnect] <-
               release(state, opts) do
          case undo_savepoint(state, opts) do
            {:ok, _, state} -> {kind, error, state}
            _ -> {:disconnect, error, state}
          end
        end

      {mode, trx, :transaction} when mode != :savepoint and trx != nil ->
        case locking(state, opts, &Nif.commit(conn(state), &1)) do
          :ok -> {:ok, result(:commit), over(state)}
          {:error, error} -> undo(error, state)
        end

      {_, _, status} ->
        not_possible(status, state)
    end
  end

  defp undo(error, state) do
    with :transaction <- status(state),
         {:error, _} <- native(Nif.rollback(conn(state))) do
      {:disconnect, error, state}
    else
      _ -> failed(error, over(state))
    end
  end

  @doc """
  Rolls back the transaction, or, with `mode: :savepoint`, rolls back to the last savepoint and releases it.
  A transaction that the engine has ended by itself is already rolled back.
  """
  def handle_rollback(opts, %State{} = state) do
    case {Keyword.get(opts, :mode, :transaction), state.trx_id, status(state)} do
      {:savepoint, trx, :transaction} when trx != nil and state.savepoints > 0 ->
        undo_savepoint(state, opts)

      {:savepoint, _, :error} when state.savepoints > 0 ->
        {:ok, result(:rollback), %{state | savepoints: state.savepoints - 1}}

      {mode, _, :error} when mode != :savepoint ->
        # The driver reports that no transaction is open, and forgets the one that is over.
        case native(Nif.rollback(conn(state))) do
          {:error, %Error{kind: :closed} = error} -> {:disconnect, error, over(state)}
          _ -> {:ok, result(:rollback), over(state)}
        end

      {mode, trx, :transaction} when mode != :savepoint and trx != nil ->
        case native(Nif.rollback(conn(state))) do
          :ok -> {:ok, result(:rollback), over(state)}
          {:error, error} -> {:disconnect, error, state}
        end

      {_, _, status} ->
        not_possible(status, state)
    end
  end

  defp over(state), do: %{state | trx_id: nil, savepoints: 0}

  @doc "Returns `:idle`, `:transaction`, or `:error` if the engine has ended a transaction by itself."
  def handle_status(_opts, %State{} = state) do
    with {:ok, state} <- taken_over(state), do: {status(state), state}
  end

  defp undo_savepoint(state, opts) do
    with {:ok, _, state} <- step(state, "ROLLBACK TO ecto_libsql_#{state.savepoints}", opts, & &1),
         do: release(state, opts)
  end

  defp release(state, opts) do
    sql = "RELEASE ecto_libsql_#{state.savepoints}"
    step(state, sql, opts, &%{&1 | savepoints: &1.savepoints - 1})
  end

  defp step(state, sql, opts, update) do
    case locking(state, opts, &Nif.run(conn(state), sql, [], &1)) do
      {:ok, _, _, _} -> {:ok, result(:unknown), update.(state)}
      {:error, error} -> failed(error, state)
    end
  end

  # A closed connection cannot be used any more. For any other, the status says what is possible.
  defp not_possible(status, state) do
    case native(Nif.is_autocommit(conn(state))) do
      {:error, error} -> {:disconnect, error, state}
      _ -> {status, state}
    end
  end

  defp status(%State{trx_id: trx} = state) do
    case {trx, Nif.is_autocommit(conn(state))} do
      {nil, true} -> :idle
      {_, false} -> :transaction
      {_, _} -> :error
    end
  end

  # --- statements ---

  @doc "No-op: the driver caches prepared statements."
  def handle_prepare(query, _opts, state), do: {:ok, query, state}

  @doc "No-op; see `handle_prepare/3`."
  def handle_close(_query, _opts, state), do: {:ok, result(:unknown), state}

  @doc "Runs one statement, given as SQL text or as an `EctoLibSql.Query`; or runs an `EctoLibSql.ConnectionCallback`."
  def handle_execute(query, params, opts, state)

  # This form raises if named arguments are missing, as 0.9.1 did. In a pool, raising would close the connection.
  def handle_execute(sql, params, opts, state) when is_binary(sql) do
    query = %Query{statement: sql}
    outcome = handle_execute(query, Query.encode_params(params, sql), opts, state)

    with {:error, %Error{kind: :invalid_argument, message: message}, _} <- outcome,
         true <- NamedArguments.misfit?(message),
         do: raise(ArgumentError, message),
         else: (_ -> outcome)
  end

  def handle_execute(
        %ConnectionCallback{function: function} = call,
        _params,
        _opts,
        %State{} = state
      ) do
    with {:ok, state} <- taken_over(state), do: call_back(call, function, state)
  end

  def handle_execute(%Query{statement: statement} = query, params, opts, %State{} = state) do
    sql = IO.iodata_to_binary(statement)
    many = Keyword.get(opts, :query_many, false)

    with {:ok, state} <- taken_over(state) do
      case Ids.check_transaction(state.trx_id, state.conn_id) do
        {:error, error} -> failed(error, state)
        :ok when many -> query |> execute_many(sql, params, opts, state) |> left_open(opts)
        :ok -> query |> execute_one(sql, params, opts, state) |> left_open(opts)
      end
    end
  end

  defp call_back(call, function, state) do
    before = status(state)
    outcome = function.(state)

    if status(state) == before do
      {:ok, call, outcome, state}
    else
      Nif.reset(conn(state))

      why =
        "the function passed to with_connection/3 began or ended a transaction, so its connection was closed: begin and end a transaction in the same function"

      {:disconnect, Error.new(:misuse, why), state}
    end
  end

  # --- transactions that SQL text begins ---

  @harmless [:select, :insert, :update, :delete, :create, :pragma]

  @left_open "the SQL began a transaction, which was rolled back, because the connection returns to the pool after this call: " <>
               "use Repo.transaction/2, or put all calls of the transaction in one Repo.checkout/2"

  # Otherwise the next user of the connection would work inside this transaction, and lose its work with it.
  defp left_open({:ok, _query, %Result{command: command}, _state} = outcome, _opts)
       when command in @harmless,
       do: outcome

  defp left_open({:disconnect, _error, _state} = outcome, _opts), do: outcome

  defp left_open(outcome, opts) do
    last = tuple_size(outcome) - 1
    state = elem(outcome, last)

    cond do
      # Without a pool, another process may be using the connection, and asking for its status would wait for it.
      not state.pooled or state.trx_id != nil -> outcome
      Nif.is_autocommit(conn(state)) != false -> put_elem(outcome, last, %{state | begun_by: nil})
      opts[:alone] -> undone(outcome, state)
      true -> put_elem(outcome, last, %{state | begun_by: self()})
    end
  end

  defp undone(outcome, state) do
    error =
      case outcome do
        {:error, error, _state} -> error
        _ -> Error.new(:misuse, @left_open)
      end

    error = %{error | outcome: :undone}

    case native(Nif.reset(conn(state))) do
      :ok -> {:error, error, %{state | begun_by: nil}}
      _ -> {:disconnect, error, state}
    end
  end

  # A pool does not report when a connection is checked in. A call from another process means that it was.
  defp taken_over(%State{begun_by: pid} = state) when pid == nil or pid == self(), do: {:ok, state}
  defp taken_over(state), do: without_leftover(state)

  defp without_leftover(%State{begun_by: nil} = state), do: {:ok, state}

  # If the transaction cannot be undone, nobody may work in it.
  defp without_leftover(state) do
    case native(Nif.reset(conn(state))) do
      :ok -> {:ok, %{state | begun_by: nil}}
      {:error, error} -> {:disconnect, error, state}
    end
  end

  # --- scripts, and single statements ---

  # Runs the statements of a script one after the other. They have no arguments.
  defp execute_many(query, sql, params, opts, state) do
    with [] <- params,
         {:ok, results, nil} <- native(Nif.run_script(conn(state), sql, timeout(opts))) do
      results =
        for {columns, rows, changes} <- results do
          if columns == [],
            do: made(Command.detect(sql), nil, nil, changes),
            else: made(Command.detect(sql), columns, rows, changes)
        end

      {:ok, query, results, state}
    else
      {:ok, _, {:error, fields}} ->
        failed(Error.from_native(fields), state)

      {:error, error} ->
        failed(error, state)

      _ ->
        failed(
          Error.new(
            :unsupported,
            "a script of several statements cannot have arguments: run its statements one by one"
          ),
          state
        )
    end
  end

  defp execute_one(query, sql, params, opts, state) do
    case locking(state, opts, &Nif.run(conn(state), sql, params, &1)) do
      {:ok, columns, rows, changes} ->
        command = query.command || Command.detect(sql)
        {:ok, query, made(command, columns, rows, changes), state}

      {:error, %Error{kind: :invalid_argument} = error}
      when is_map(params) and not is_struct(params) ->
        fitted(error, sql, params, state, &execute_one(query, sql, &1, opts, state))

      {:error, error} ->
        failed(error, state)
    end
  end

  # Tries again with only the names that the statement has. Missing names are reported.
  defp fitted(error, sql, params, state, again) do
    case NamedArguments.fitted(conn(state), sql, params) do
      {:ok, fitted} when fitted != params -> again.(fitted)
      {:misfit, why} -> failed(%{error | message: why}, state)
      _ -> failed(error, state)
    end
  end

  defp made(command, nil, nil, changes), do: %Result{command: command, num_rows: changes}

  defp made(command, columns, rows, _changes),
    do: %Result{command: command, columns: columns, rows: rows, num_rows: length(rows)}

  # --- cursors ---

  @doc "Opens a cursor. Rows are read as they are fetched; a server decides how many rows it sends per reply."
  def handle_declare(%Query{} = query, params, opts, %State{} = state) do
    case Ids.check_transaction(state.trx_id, state.conn_id) do
      {:error, error} -> failed(error, state)
      :ok -> declare(query, params, opts, state)
    end
  end

  defp declare(%Query{statement: statement} = query, params, opts, state) do
    sql = IO.iodata_to_binary(statement)

    case locking(state, opts, &Nif.declare(conn(state), sql, params, &1)) do
      {:ok, cursor, columns} ->
        {:ok, query, %{ref: {cursor, columns}}, state}

      {:error, %Error{kind: :invalid_argument} = error}
      when is_map(params) and not is_struct(params) ->
        fitted(error, sql, params, state, &declare(query, &1, opts, state))

      {:error, error} ->
        failed(error, state)
    end
  end

  @doc "Fetches the next `:max_rows` rows (default 500). Returns `:cont` with rows, or `:halt` when none are left."
  def handle_fetch(_query, %{ref: {cursor, columns}}, opts, %State{} = state) do
    most = Keyword.get(opts, :max_rows, state.chunk_size)

    case native(Nif.fetch(conn(state), cursor, most, timeout(opts))) do
      {:error, error} ->
        failed(error, state)

      {_, rows} ->
        result = %Result{command: :select, columns: columns, rows: rows, num_rows: length(rows)}
        {if(rows == [], do: :halt, else: :cont), result, state}
    end
  end

  @doc "Closes a cursor."
  def handle_deallocate(_query, %{ref: {cursor, _columns}}, _opts, %State{} = state) do
    case native(Nif.close_cursor(conn(state), cursor)) do
      :ok -> {:ok, result(:unknown), state}
      {:error, error} -> failed(error, state)
    end
  end

  # --- common ---

  @doc false
  def native({:error, fields}) when is_tuple(fields), do: {:error, Error.from_native(fields)}
  def native(:error), do: {:error, Error.new(:internal, "the native code failed")}
  def native(other), do: other

  # A connection that is closed, or whose file cannot be used, has to be replaced. If the token was refused, the
  # connection is opened again with a new one.
  defp failed(%Error{kind: kind} = error, state)
       when kind in [:closed, :corrupt, :not_a_database, :wrong_key, :authentication],
       do: {:disconnect, error, state}

  defp failed(error, state), do: {:error, error, state}

  defp result(command), do: %Result{command: command}

  # Calls the native code, again and again while a lock is in the way.
  defp locking(state, opts, call), do: native(BusyRetry.wait(conn(state), timeout(opts), call))

  defp timeout(opts) do
    case Keyword.get(opts, :timeout, 15_000) do
      timeout when is_integer(timeout) -> timeout
      _ -> :infinity
    end
  end
end
