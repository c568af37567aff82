defmodule EctoLibSql do
  @moduledoc """
  libSQL for Elixir: a DBConnection over the C++ driver.

  Most programs use it through an Ecto repository whose adapter is `Ecto.Adapters.LibSql`, or through
  a pool (`EctoLibSql.start_link/1`). The functions of `EctoLibSql.Native` work on one connection
  without either.

  ## Options

    * `:database` - a path, `":memory:"`, or a `file:` URI
    * `:uri`, `:auth_token` - of a libsql-server or Turso Cloud; with `:database` a replica of it
    * `:timeout` - of each call, in milliseconds (DBConnection's: 15_000)
    * all others of the driver: `:encryption_key`, `:busy_timeout`, `:journal_mode`, `:synchronous`,
      `:foreign_keys`, `:cache_size`, `:sync`, `:sync_interval`, `:read_your_writes` ...

  An option that the driver does not know, and DBConnection and Ecto neither, is an error.
  """

  alias EctoLibSql.{Error, Nif, Query, Result, State}

  if Code.ensure_loaded?(DBConnection) do
    @behaviour DBConnection

    @doc "Starts a pool of connections. See `DBConnection.start_link/2`."
    def start_link(opts), do: DBConnection.start_link(__MODULE__, opts)

    @doc false
    def child_spec(opts), do: DBConnection.child_spec(__MODULE__, opts)
  end

  # What other layers take from the same keyword list.
  @not_ours ~w(name pool pool_size pool_count pool_index queue_target queue_interval idle_interval idle_limit
    max_restarts max_seconds max_lifetime backoff_type backoff_min backoff_max after_connect
    after_connect_timeout connection_listeners configure checkout_retries telemetry_prefix otp_app
    repo adapter log stacktrace timeout types loggers migration_source migration_lock
    migration_primary_key migration_foreign_key migration_timestamps migration_repo
    migration_default_prefix migration_cast_version_column migration_advisory_lock_max_tries
    migration_advisory_lock_retry_interval_ms priv start_apps_before_migration dump_path
    default_dynamic_repo show_sensitive_data_on_connection_error ownership_timeout ownership_log
    ownership_mode post_checkout pre_checkin parameters prepare caller deadline queue label
    migration_lock_lease_ms binary_id_type uuid_type map_type array_type datetime_type default_chunk_size chunk_size
    disconnect_on_error_codes url username password hostname port scheme ecto_repos
    force_drop stop_apps_after_migration pool_timeout telemetry_options)a

  # --- a connection's life ---

  @doc "Opens a connection."
  def connect(opts) do
    mode = State.detect_mode(opts)

    with :ok <- known(mode),
         {:ok, settings} <- settings(opts),
         {:ok, conn} <- native(Nif.open(settings)) do
      {:ok,
       %State{
         conn_id: conn,
         mode: mode,
         sync: State.detect_sync(opts),
         begin: Keyword.get(opts, :default_transaction_mode, :deferred)
       }}
    end
  end

  defp known(:unknown),
    do: {:error, Error.new(:invalid_argument, "neither :database nor :uri is given")}

  defp known(_), do: :ok

  defp settings(opts) do
    custom = Keyword.get(opts, :custom_pragmas)

    opts
    |> Keyword.drop([:custom_pragmas | @not_ours])
    |> Enum.reduce_while({:ok, []}, fn {name, value}, {:ok, all} ->
      case setting(value) do
        :none -> {:cont, {:ok, all}}
        {:ok, text} -> {:cont, {:ok, [{setting_name(name), text} | all]}}
        :error -> {:halt, {:error, bad_option(name, value)}}
      end
    end)
    |> case do
      {:ok, all} when custom in [nil, []] -> {:ok, Enum.reverse(all)}
      {:ok, _} -> {:error, Error.new(:unsupported, "custom_pragmas are not supported yet")}
      error -> error
    end
  end

  defp setting_name(:wal_auto_check_point), do: "wal_autocheckpoint"
  defp setting_name(name), do: Atom.to_string(name)

  defp setting(nil), do: :none
  defp setting(value) when is_boolean(value), do: {:ok, if(value, do: "true", else: "false")}
  defp setting(value) when is_atom(value), do: {:ok, Atom.to_string(value)}
  defp setting(value) when is_binary(value), do: {:ok, value}
  defp setting(value) when is_integer(value), do: {:ok, Integer.to_string(value)}
  defp setting(_), do: :error

  # Without the value: it may be a secret.
  defp bad_option(name, _value),
    do: Error.new(:invalid_argument, "the option #{inspect(name)} has a value of a wrong type")

  @doc "Closes a connection; what runs on it is interrupted. Always `:ok`."
  def disconnect(_reason, %State{conn_id: conn}) do
    if is_reference(conn), do: Nif.close(conn)
    :ok
  end

  @doc "Nothing is to be done before a connection is used."
  def checkout(state), do: {:ok, state}

  @doc "Whether the connection works."
  def ping(%State{} = state) do
    case native(Nif.ping(state.conn_id, 15_000)) do
      :ok -> {:ok, state}
      {:error, error} -> {:disconnect, error, state}
    end
  end

  # --- transactions ---

  @doc """
  Begins a transaction, or with `mode: :savepoint` a savepoint in one.

  Other modes: `:deferred`, `:immediate`, `:exclusive`, `:read_only`; `:transaction` and none are what
  the option `:default_transaction_mode` says.
  """
  def handle_begin(opts, %State{} = state) do
    case {Keyword.get(opts, :mode, :transaction), in_transaction?(state)} do
      {:savepoint, true} ->
        name = "ecto_libsql_#{state.savepoints + 1}"
        step(state, "SAVEPOINT #{name}", opts, &%{&1 | savepoints: &1.savepoints + 1})

      {:savepoint, false} ->
        {status(state), state}

      {_, true} ->
        {status(state), state}

      {mode, false} ->
        mode = if mode == :transaction, do: state.begin, else: mode

        case native(Nif.begin(state.conn_id, mode, timeout(opts))) do
          :ok -> {:ok, result(:begin), %{state | trx_id: make_ref(), savepoints: 0}}
          {:error, error} -> failed(error, state)
        end
    end
  end

  @doc "Commits the transaction, or with `mode: :savepoint` releases the last savepoint."
  def handle_commit(opts, %State{} = state) do
    case {Keyword.get(opts, :mode, :transaction), in_transaction?(state)} do
      {_, false} ->
        {status(state), state}

      {:savepoint, true} when state.savepoints > 0 ->
        release(state, opts)

      {:savepoint, true} ->
        {status(state), state}

      {_, true} ->
        case native(Nif.commit(state.conn_id, timeout(opts))) do
          :ok -> {:ok, result(:commit), %{state | trx_id: nil, savepoints: 0}}
          {:error, error} -> failed(error, state)
        end
    end
  end

  @doc "Undoes the transaction, or with `mode: :savepoint` what came since the last savepoint."
  def handle_rollback(opts, %State{} = state) do
    case {Keyword.get(opts, :mode, :transaction), in_transaction?(state)} do
      {_, false} ->
        {status(state), state}

      {:savepoint, true} when state.savepoints > 0 ->
        with {:ok, _, state} <-
               step(state, "ROLLBACK TO ecto_libsql_#{state.savepoints}", opts, & &1),
             do: release(state, opts)

      {:savepoint, true} ->
        {status(state), state}

      {_, true} ->
        case native(Nif.rollback(state.conn_id)) do
          :ok -> {:ok, result(:rollback), %{state | trx_id: nil, savepoints: 0}}
          {:error, error} -> failed(error, state)
        end
    end
  end

  @doc "`:idle`, `:transaction`, or `:error` when the engine has ended a transaction by itself."
  def handle_status(_opts, %State{} = state), do: {status(state), state}

  defp release(state, opts) do
    step(state, "RELEASE ecto_libsql_#{state.savepoints}", opts, &%{
      &1
      | savepoints: &1.savepoints - 1
    })
  end

  defp step(state, sql, opts, update) do
    case native(Nif.run(state.conn_id, sql, [], timeout(opts))) do
      {:ok, _, _, _} -> {:ok, result(:unknown), update.(state)}
      {:error, error} -> failed(error, state)
    end
  end

  defp in_transaction?(%State{trx_id: trx}), do: trx != nil

  defp status(%State{trx_id: trx} = state) do
    case {trx, Nif.is_autocommit(state.conn_id)} do
      {nil, true} -> :idle
      {nil, _} -> :transaction
      {_, false} -> :transaction
      {_, _} -> :error
    end
  end

  # --- statements ---

  @doc "Nothing is to be done: the driver keeps statements compiled."
  def handle_prepare(query, _opts, state), do: {:ok, query, state}

  @doc "See `handle_prepare/3`."
  def handle_close(_query, _opts, state), do: {:ok, result(:unknown), state}

  @doc "Runs one statement, given as text or as an `EctoLibSql.Query`."
  def handle_execute(query, params, opts, state)

  def handle_execute(sql, params, opts, state) when is_binary(sql),
    do: handle_execute(%Query{statement: sql}, Query.encode_params(params), opts, state)

  def handle_execute(%Query{statement: statement} = query, params, opts, %State{} = state) do
    sql = IO.iodata_to_binary(statement)

    if opts[:query_many],
      do: execute_many(query, sql, params, opts, state),
      else: execute_one(query, sql, params, opts, state)
  end

  # The statements of a text, one after the other; they have no arguments.
  defp execute_many(query, sql, params, opts, state) do
    with [] <- params,
         {:ok, results, nil} <- native(Nif.run_script(state.conn_id, sql, timeout(opts))) do
      results =
        for {columns, rows, changes} <- results do
          if columns == [],
            do: made(sql, nil, nil, changes),
            else: made(sql, columns, rows, changes)
        end

      {:ok, query, results, state}
    else
      {:ok, _, {:error, fields}} -> failed(Error.from_native(fields), state)
      {:error, error} -> failed(error, state)
      _ -> failed(Error.new(:unsupported, "several statements cannot have arguments"), state)
    end
  end

  defp execute_one(query, sql, params, opts, state) do
    case native(Nif.run(state.conn_id, sql, params, timeout(opts))) do
      {:ok, columns, rows, changes} ->
        {:ok, query, made(sql, columns, rows, changes), state}

      {:error, error} ->
        failed(error, state)
    end
  end

  defp made(sql, nil, nil, changes),
    do: %Result{command: EctoLibSql.Native.detect_command(sql), num_rows: changes}

  defp made(sql, columns, rows, _changes) do
    %Result{
      command: EctoLibSql.Native.detect_command(sql),
      columns: columns,
      rows: rows,
      num_rows: length(rows)
    }
  end

  # --- cursors ---

  @doc "Opens a cursor: rows are read as they are fetched."
  def handle_declare(%Query{statement: statement} = query, params, opts, %State{} = state) do
    sql = IO.iodata_to_binary(statement)

    case native(Nif.declare(state.conn_id, sql, params, timeout(opts))) do
      {:ok, cursor, columns} -> {:ok, query, {cursor, columns}, state}
      {:error, error} -> failed(error, state)
    end
  end

  @doc "The next `:max_rows` (500) rows."
  def handle_fetch(_query, {cursor, columns}, opts, state) do
    case native(Nif.fetch(cursor, Keyword.get(opts, :max_rows, 500))) do
      {:error, error} ->
        failed(error, state)

      {more, rows} ->
        {more,
         %Result{command: :select, columns: columns, rows: rows, num_rows: length(rows)}, state}
    end
  end

  @doc "Closes a cursor."
  def handle_deallocate(_query, {cursor, _columns}, _opts, state) do
    case native(Nif.close_cursor(cursor)) do
      :ok -> {:ok, result(:unknown), state}
      {:error, error} -> failed(error, state)
    end
  end

  # --- common ---

  @doc false
  def native({:error, fields}) when is_tuple(fields), do: {:error, Error.from_native(fields)}
  def native(:error), do: {:error, Error.new(:internal, "the native part has failed")}
  def native(other), do: other

  # A connection that is closed, or whose file or server is gone, is of no use any more.
  defp failed(%Error{kind: kind} = error, state)
       when kind in [:closed, :corrupt, :not_a_database, :wrong_key],
       do: {:disconnect, error, state}

  defp failed(error, state), do: {:error, error, state}

  defp result(command), do: %Result{command: command}

  defp timeout(opts) do
    case Keyword.get(opts, :timeout, 15_000) do
      timeout when is_integer(timeout) -> timeout
      _ -> :infinity
    end
  end
end
