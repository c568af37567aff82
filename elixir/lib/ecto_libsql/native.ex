defmodule EctoLibSql.Native do
  @moduledoc """
  Operations on one connection beyond the DBConnection callbacks.

  Every function takes the `EctoLibSql.State` that `EctoLibSql.connect/1` returns, or that
  `EctoLibSql.with_connection/3` passes for a repo or a pool. Functions that existed in `ecto_libsql` 0.9
  return `{:error, text}` on failure, as they did there. The new ones (`deny/2`, `dump/2`, `load_dump/2`,
  `serialize/2`, `deserialize/3`, `back_up/3`) return `{:error, %EctoLibSql.Error{}}`.

      iex> alias EctoLibSql.Native
      iex> {:ok, state} = EctoLibSql.connect(database: ":memory:")
      iex> {:ok, [nil, nil]} =
      ...>   Native.execute_batch_sql(state, "CREATE TABLE t(x); INSERT INTO t VALUES (1), (2)")
      iex> {:ok, statement} = Native.prepare(state, "SELECT count(*) FROM t WHERE x > :least")
      iex> {:ok, result} = Native.query_stmt(state, statement, %{least: 1})
      iex> result.rows
      [[1]]
      iex> {:ok, state} = Native.begin(state, behavior: :immediate)
      iex> :ok = Native.create_savepoint(state, "before")
      iex> {:ok, 2} = Native.execute_stmt(state, elem(Native.prepare(state, "DELETE FROM t"), 1), "DELETE FROM t")
      iex> :ok = Native.rollback_to_savepoint_by_name(state, "before")
      iex> Native.commit(state)
      {:ok, "commit success"}
      iex> {:ok, result} = Native.query_stmt(state, statement, %{least: 0})
      iex> result.rows
      [[2]]
  """

  alias EctoLibSql.{BusyRetry, Error, Ids, NamedArguments, Nif, Query, Result, State}
  import EctoLibSql.Ids, only: [conn: 1]

  # Converts the error of a native function to text.
  defp native(result) do
    with {:error, %Error{} = error} <- EctoLibSql.native(result), do: failed(error)
  end

  defp failed(error), do: {:error, Error.text(error)}
  defp failed(kind, message), do: failed(Error.new(kind, message))

  # --- transactions ---

  @doc "Begins a transaction; `behavior:` is `:deferred`, `:immediate`, `:exclusive` or `:read_only`."
  @spec begin(State.t(), keyword) :: {:ok, State.t()} | {:error, String.t()}
  def begin(%State{} = state, opts \\ []) do
    case locking(state, &Nif.begin(conn(state), Keyword.get(opts, :behavior, :deferred), &1)) do
      :ok -> {:ok, %{state | trx_id: Ids.of_transaction(state.conn_id), savepoints: 0}}
      error -> error
    end
  end

  @doc "Commits the transaction."
  @spec commit(State.t()) :: {:ok, String.t()} | {:error, String.t()}
  def commit(%State{} = state) do
    with :ok <- locking(state, &Nif.commit(conn(state), &1)), do: {:ok, "commit success"}
  end

  @doc "Rolls back the transaction."
  @spec rollback(State.t()) :: {:ok, String.t()} | {:error, String.t()}
  def rollback(%State{} = state) do
    with :ok <- native(Nif.rollback(conn(state))), do: {:ok, "rollback success"}
  end

  # --- savepoints ---

  @doc "Sets a savepoint. Its name consists of ASCII letters, digits and `_`, and does not begin with a digit."
  @spec create_savepoint(State.t(), String.t()) :: :ok | {:error, String.t()}
  def create_savepoint(state, name), do: savepoint(state, "SAVEPOINT ", name)

  @doc "Releases a savepoint; the changes made since then are kept."
  @spec release_savepoint_by_name(State.t(), String.t()) :: :ok | {:error, String.t()}
  def release_savepoint_by_name(state, name), do: savepoint(state, "RELEASE ", name)

  @doc "Undoes the changes made since a savepoint. The savepoint remains set."
  @spec rollback_to_savepoint_by_name(State.t(), String.t()) :: :ok | {:error, String.t()}
  def rollback_to_savepoint_by_name(state, name), do: savepoint(state, "ROLLBACK TO ", name)

  defp savepoint(%State{trx_id: nil}, _verb, _name),
    do: failed(:transaction, "there is no open transaction")

  defp savepoint(%State{} = state, verb, name) do
    with :ok <- savepoint_name(name),
         {:error, error} <- Ids.check_transaction(state.trx_id, state.conn_id) do
      failed(error)
    else
      :ok ->
        with {:ok, _, _, _} <- locking(state, &run_sql(state, ~s(#{verb}"#{name}"), &1)), do: :ok

      error ->
        error
    end
  end

  defp savepoint_name(name) do
    if is_binary(name) and name =~ ~r/\A[a-zA-Z_][a-zA-Z0-9_]*\z/,
      do: :ok,
      else: failed(:invalid_argument, "Invalid savepoint name: must be a valid SQL identifier")
  end

  defp locking(state, call), do: native(BusyRetry.wait(conn(state), :infinity, call))

  # --- prepared statements ---

  @doc "Prepares a statement and returns an opaque handle. It is closed with its connection, or when unreferenced."
  @spec prepare(State.t(), String.t()) :: {:ok, reference | String.t()} | {:error, String.t()}
  def prepare(%State{} = state, sql) do
    case native(Nif.prepare(conn(state), sql)) do
      {:ok, statement} -> {:ok, Ids.of(state.conn_id, statement)}
      {:error, why} -> {:error, "Prepare failed: " <> why}
    end
  end

  @doc "Runs a prepared statement that returns rows."
  @spec query_stmt(State.t(), reference | String.t(), list | map) ::
          {:ok, Result.t()} | {:error, String.t()}
  def query_stmt(%State{} = state, statement, args \\ []) do
    with {:ok, columns, rows, changes} <- run(state, statement, args) do
      rows = rows || []

      {:ok,
       %Result{
         command: :select,
         columns: columns || [],
         rows: rows,
         num_rows: if(columns, do: length(rows), else: changes)
       }}
    end
  end

  @doc "Runs a prepared statement; returns the number of changed rows, or a result if it returns rows."
  @spec execute_stmt(State.t(), reference | String.t(), String.t(), list | map) ::
          {:ok, non_neg_integer | Result.t()} | {:error, String.t()}
  def execute_stmt(%State{} = state, statement, sql, args \\ []) do
    case run(state, statement, args) do
      {:ok, nil, nil, changes} ->
        {:ok, changes}

      {:ok, columns, rows, _} ->
        {:ok,
         %Result{
           command: EctoLibSql.Command.detect(sql),
           columns: columns,
           rows: rows,
           num_rows: length(rows)
         }}

      error ->
        error
    end
  end

  defp run(state, statement, args) do
    run_encoded(conn(state), Ids.handle(statement), Query.encode_params(args, nil))
  end

  defp run_encoded(conn, statement, args) do
    case BusyRetry.wait(conn, :infinity, &Nif.run_statement(conn, statement, args, &1)) do
      {:error, fields}
      when elem(fields, 0) == :invalid_argument and is_map(args) and not is_struct(args) ->
        case NamedArguments.fitted(conn, statement, args) do
          {:ok, fitted} when fitted != args -> run_encoded(conn, statement, fitted)
          {:misfit, why} -> raise ArgumentError, why
          _ -> native({:error, fields})
        end

      result ->
        native(result)
    end
  end

  @doc "Closes a prepared statement."
  @spec close_stmt(reference | String.t()) :: :ok | {:error, String.t()}
  def close_stmt(statement) do
    with :ok <- native(Nif.close_statement(Ids.handle(statement))) do
      if is_binary(statement), do: Ids.forget(statement)
      :ok
    end
  end

  @doc "Resets a prepared statement, ending its query."
  @spec reset_stmt(State.t(), reference | String.t()) :: :ok | {:error, String.t()}
  def reset_stmt(%State{} = state, statement),
    do: native(Nif.reset_statement(conn(state), Ids.handle(statement)))

  @doc "The number of columns that a prepared statement returns."
  def stmt_column_count(%State{} = state, statement),
    do: described(state, statement, fn columns, _ -> {:ok, length(columns)} end)

  @doc "The name of a column. Columns are counted from 0."
  def stmt_column_name(%State{} = state, statement, index) do
    described(state, statement, fn columns, _ ->
      at(columns, index, "column", fn {name, _, _} -> name end)
    end)
  end

  @doc "The number of parameters of a prepared statement."
  def stmt_parameter_count(%State{} = state, statement),
    do: described(state, statement, fn _, parameters -> {:ok, length(parameters)} end)

  @doc "The name of a parameter with its prefix; nil for `?`. Parameters are counted from 1."
  def stmt_parameter_name(%State{} = state, statement, index) do
    described(state, statement, fn _, parameters ->
      index = if is_integer(index), do: index - 1, else: index
      at(parameters, index, "parameter", &if(NamedArguments.bare(&1), do: &1))
    end)
  end

  @doc "The columns of a prepared statement, each as `{name, origin, declared type}`."
  def get_stmt_columns(%State{} = state, statement),
    do: described(state, statement, fn columns, _ -> {:ok, columns} end)

  defp described(state, statement, f) do
    case native(Nif.describe(conn(state), Ids.handle(statement))) do
      {:ok, columns, parameters} -> f.(columns, parameters)
      error -> error
    end
  end

  defp at(list, index, what, f) do
    if is_integer(index) and index in 0..(length(list) - 1)//1 do
      {:ok, f.(Enum.at(list, index))}
    else
      failed(:invalid_argument, "the statement has no such #{what}: #{counted(length(list), what)}")
    end
  end

  defp counted(0, what), do: "it has no #{what}s"
  defp counted(1, what), do: "it has one #{what}"
  defp counted(count, what), do: "it has #{count} #{what}s"

  # --- batches ---

  @doc """
  Runs statements `{sql, args}` one after the other; on a server, in one round trip. If a statement fails,
  the following ones still run.

  Returns `{:ok, results}`; the result of a failed statement is `{:error, text}`.
  """
  @spec batch(State.t(), [{String.t(), list | map}]) ::
          {:ok, [Result.t() | {:error, String.t()}]} | {:error, String.t()}
  def batch(%State{} = state, statements) do
    with {:ok, outcomes} <- run_batch(state, statements, false), do: {:ok, outcomes}
  end

  @doc "Like `batch/2`, in one transaction. If a statement fails, all are rolled back and its error is returned."
  @spec batch_transactional(State.t(), [{String.t(), list | map}]) ::
          {:ok, [Result.t()]} | {:error, String.t()}
  def batch_transactional(%State{} = state, statements) do
    with {:ok, outcomes} <- run_batch(state, statements, true) do
      Enum.find(outcomes, {:ok, outcomes}, &match?({:error, _}, &1))
    end
  end

  defp run_batch(state, statements, transactional) do
    steps =
      if is_list(statements) and not List.improper?(statements),
        do: Enum.map(statements, &step/1),
        else: statements

    with {:ok, outcomes} <-
           native(Nif.run_batch(conn(state), steps, transactional, :infinity)) do
      {:ok,
       Enum.map(outcomes, fn
         {:ok, nil, nil, changes} ->
           %Result{command: :batch, num_rows: changes}

         {:ok, columns, rows, _} ->
           %Result{command: :batch, columns: columns, rows: rows, num_rows: length(rows)}

         :skipped ->
           failed(
             :transaction,
             "the statement did not run, because an earlier one of the batch failed"
           )

         {:error, _} = failed ->
           native(failed)
       end)}
    end
  end

  defp step({sql, args}) when is_binary(sql), do: {sql, Query.encode_params(args, sql)}
  defp step(other), do: other

  @doc """
  Runs the statements of a script, each on its own, and stops at the first that fails.

  Returns `{:ok, results}`; the result of a statement that returns no rows is nil.
  """
  @spec execute_batch_sql(State.t(), String.t()) :: {:ok, [Result.t() | nil]} | {:error, String.t()}
  def execute_batch_sql(%State{} = state, script) do
    case native(Nif.run_script(conn(state), script, :infinity)) do
      {:ok, results, nil} ->
        {:ok,
         for {columns, rows, _changes} <- results do
           if columns != [],
             do: %Result{command: :batch, columns: columns, rows: rows, num_rows: length(rows)}
         end}

      {:ok, _, {:error, fields}} ->
        native({:error, fields})

      error ->
        error
    end
  end

  @doc """
  Like `execute_batch_sql/2`, in one transaction: all or nothing. If the script contains a statement that begins
  or ends a transaction, it is refused before anything runs.
  """
  @spec execute_transactional_batch_sql(State.t(), String.t()) ::
          {:ok, [Result.t() | nil]} | {:error, String.t()}
  def execute_transactional_batch_sql(%State{} = state, script) do
    with {:ok, statements} <- native(Nif.split_script(script)),
         nil <- Enum.find(statements, &(detect_command(&1) in [:begin, :commit, :rollback])),
         {:ok, results} <- batch_transactional(state, for(sql <- statements, do: {sql, []})) do
      {:ok, Enum.map(results, &if(&1.columns, do: &1))}
    else
      {:error, why} ->
        {:error, why}

      sql ->
        failed(
          :transaction,
          "a transactional batch cannot begin or end a transaction: leave out #{sql}"
        )
    end
  end

  # --- information about a connection ---

  @doc "The rowid of the last inserted row."
  def get_last_insert_rowid(%State{} = state), do: native(Nif.last_insert_rowid(conn(state)))

  @doc "The number of rows that the last statement changed."
  def get_changes(%State{} = state), do: native(Nif.changes(conn(state)))

  @doc "The number of rows changed since the connection was opened."
  def get_total_changes(%State{} = state), do: native(Nif.total_changes(conn(state)))

  @doc "Whether no transaction is open."
  def get_is_autocommit(%State{} = state), do: native(Nif.is_autocommit(conn(state)))

  @doc "Interrupts whatever is running on the connection. Can be called from any process and does not wait."
  def interrupt(%State{} = state), do: native(Nif.interrupt(conn(state)))

  @doc """
  Resets the connection to its condition after opening. An open transaction is rolled back; afterwards, end its
  state with `rollback/1`, or discard that state.
  """
  @spec reset(State.t()) :: :ok | {:error, String.t()}
  def reset(%State{} = state), do: native(Nif.reset(conn(state)))

  @doc "Sets how long to wait for another connection's lock, in milliseconds; 0 means no waiting."
  @spec busy_timeout(State.t(), non_neg_integer) :: :ok | {:error, String.t()}
  def busy_timeout(state, milliseconds \\ 5000)

  def busy_timeout(%State{} = state, milliseconds)
      when is_integer(milliseconds) and milliseconds >= 0 do
    with {:ok, _, _, _} <-
           native(run_sql(state, "PRAGMA busy_timeout = #{milliseconds}", :infinity)),
         do: :ok
  end

  def busy_timeout(%State{}, _),
    do: failed(:invalid_argument, "a busy timeout must be a number of milliseconds, 0 or more")

  defp run_sql(state, sql, timeout), do: Nif.run(conn(state), sql, [], timeout)

  # --- hooks and extensions ---

  @doc """
  Sends a process the message `{:insert | :update | :delete, database, table, rowid}` for each row that this
  connection changes. The message is sent during the change, so a rollback may follow. Only one process at a
  time can receive messages. Local databases only.
  """
  @spec add_update_hook(State.t(), pid) :: :ok | {:error, String.t()}
  def add_update_hook(%State{} = state, pid \\ self()),
    do: native(Nif.set_update_hook(conn(state), pid))

  @doc "Removes the hook set by `add_update_hook/2`."
  @spec remove_update_hook(State.t()) :: :ok | {:error, String.t()}
  def remove_update_hook(%State{} = state), do: native(Nif.set_update_hook(conn(state), nil))

  @doc """
  Refuses statements that perform one of the given actions, with an error of kind `:permission`. `[]` allows
  everything. Denying `:transaction` disables transactions. Local databases only.

  The actions are `:attach`, `:detach`, `:insert`, `:update`, `:delete_from`, `:read`, `:select`, `:pragma`, `:function`,
  `:recursive`, `:transaction`, `:savepoint`, `:alter_table`, `:analyze`, `:reindex`, and `create_` and
  `drop_` followed by `index`, `table`, `temp_index`, `temp_table`, `temp_trigger`, `temp_view`, `trigger`,
  `view` or `virtual_table`.
  """
  @spec deny(State.t(), [atom]) :: :ok | {:error, Error.t()}
  def deny(%State{} = state, actions),
    do: EctoLibSql.native(Nif.set_authorizer(conn(state), actions))

  @doc """
  Not supported: the driver cannot ask a process while a statement is being compiled. Use `deny/2` to refuse
  kinds of statements.
  """
  @spec add_authorizer(State.t(), pid) :: {:error, :unsupported}
  def add_authorizer(%State{}, _pid \\ self()), do: {:error, :unsupported}

  @doc """
  Allows or forbids `load_ext/3` to load extensions into this connection. It is forbidden by default. SQL can
  never load extensions.
  """
  @spec enable_extensions(State.t(), boolean) :: :ok | {:error, String.t()}
  def enable_extensions(%State{} = state, enabled) when is_boolean(enabled),
    do: native(Nif.enable_extensions(conn(state), enabled))

  def enable_extensions(%State{}, _),
    do:
      failed(:invalid_argument, "the second argument of enable_extensions/2 must be true or false")

  @doc "Loads an SQLite extension. An extension is a shared library; its code can do anything."
  @spec load_ext(State.t(), String.t(), String.t() | nil) :: :ok | {:error, String.t()}
  def load_ext(%State{} = state, path, entry_point \\ nil),
    do: native(Nif.load_extension(conn(state), path, entry_point))

  # --- whole databases ---

  @doc "Returns SQL that recreates the database: its schema and, unless `rows: false`, its rows."
  @spec dump(State.t(), keyword) :: {:ok, String.t()} | {:error, Error.t()}
  def dump(%State{} = state, opts \\ []),
    do: EctoLibSql.native(Nif.dump(conn(state), Keyword.get(opts, :rows, true)))

  @doc "Runs the statements of a dump in one transaction: all or, on an error, none."
  @spec load_dump(State.t(), String.t()) :: {:ok, non_neg_integer} | {:error, Error.t()}
  def load_dump(%State{} = state, sql),
    do: EctoLibSql.native(Nif.load_dump(conn(state), sql, :infinity))

  @doc "Returns the database as the bytes of a database file. Local databases only."
  @spec serialize(State.t(), String.t()) :: {:ok, binary} | {:error, Error.t()}
  def serialize(%State{} = state, schema \\ "main"),
    do: EctoLibSql.native(Nif.serialize(conn(state), schema))

  @doc "Replaces the database with the bytes of a database file. From then on it is in memory."
  @spec deserialize(State.t(), binary, String.t()) :: :ok | {:error, Error.t()}
  def deserialize(%State{} = state, bytes, schema \\ "main"),
    do: EctoLibSql.native(Nif.deserialize(conn(state), schema, bytes))

  @doc """
  Copies the database to a file while the database stays in use. An existing file is replaced. With
  `encryption_key:`, the copy is encrypted.
  """
  @spec back_up(State.t(), Path.t(), keyword) :: :ok | {:error, Error.t()}
  def back_up(%State{} = state, path, opts \\ []) do
    EctoLibSql.native(
      Nif.back_up(conn(state), path, Keyword.get(opts, :encryption_key, ""), :infinity)
    )
  end

  # --- replicas ---

  @sync_timeout 30_000

  @doc "Pulls all changes from the primary. Does nothing if the database is not a replica."
  def sync(%State{mode: :remote_replica} = state) do
    with {:ok, _, _} <- native(Nif.sync(conn(state), @sync_timeout)),
         do: {:ok, "success sync"}
  end

  def sync(%State{}), do: {:ok, "success sync"}

  @doc "Syncs until the replica has the given frame. Takes a state, or its `:conn_id`."
  @spec sync_until_frame(State.t() | term, non_neg_integer) :: :ok | {:error, String.t()}
  def sync_until_frame(state_or_conn_id, frame) do
    with {:ok, _, _} <- native(Nif.sync_until(conn_id(state_or_conn_id), frame, @sync_timeout)),
         do: :ok
  end

  @doc "The last frame number of the replica; 0 if there is none. Takes a state, or its `:conn_id`."
  def get_frame_number_for_replica(state_or_conn_id),
    do: frame(state_or_conn_id, fn frame, _ -> frame end)

  @doc "The highest frame number written through this replica, or 0. Takes a state, or its `:conn_id`."
  def get_max_write_frame(state_or_conn_id),
    do: frame(state_or_conn_id, fn _, written -> written end)

  @doc "The same as `get_max_write_frame/1`."
  def max_write_replication_index(state_or_conn_id), do: get_max_write_frame(state_or_conn_id)

  @doc "Moves synced frames into the database file; returns the last frame. Takes a state, or its `:conn_id`."
  def flush_and_get_frame(state_or_conn_id) do
    case Nif.flush(conn_id(state_or_conn_id)) do
      :ok -> get_frame_number_for_replica(state_or_conn_id)
      other -> of_replica(other)
    end
  end

  defp frame(state_or_conn_id, which) do
    case Nif.frames(conn_id(state_or_conn_id)) do
      {:ok, frame, written} -> {:ok, which.(frame, written) || 0}
      other -> of_replica(other)
    end
  end

  # A database that is not a replica has no frames.
  defp of_replica({:error, fields}) when elem(fields, 0) == :unsupported, do: {:ok, 0}
  defp of_replica(other), do: native(other)

  defp conn_id(%State{} = state), do: conn(state)
  defp conn_id(conn_id), do: Ids.handle(conn_id)

  @doc """
  Ends replication: from then on the file is a plain local database. Returns `{:error, :unsupported}` if the
  database is not a replica.
  """
  @spec freeze_replica(State.t()) :: {:ok, State.t()} | {:error, :unsupported | String.t()}
  def freeze_replica(%State{mode: :remote_replica} = state) do
    with :ok <- native(Nif.freeze(conn(state))), do: {:ok, %{state | mode: :local}}
  end

  def freeze_replica(_no_replica), do: {:error, :unsupported}

  # --- vectors ---

  @doc "Returns a vector as text; see `EctoLibSql.Vector.text/1`."
  defdelegate vector(numbers), to: EctoLibSql.Vector, as: :text

  @doc "Returns the type of a vector column; see `EctoLibSql.Vector.type/2`."
  defdelegate vector_type(dimensions, type \\ :f32), to: EctoLibSql.Vector, as: :type

  @doc """
  Returns the SQL for the cosine distance between a column and a vector.

      iex> EctoLibSql.Native.vector_distance_cos("embedding", [1.0, 2.0])
      "vector_distance_cos(embedding, '[1.0,2.0]')"
  """
  def vector_distance_cos(column, vector), do: EctoLibSql.Vector.distance(:cos, column, vector)

  # --- kept from 0.9 ---

  @doc "The kind of a statement by its first word: `:select`, `:insert`, `:update`, `:delete`, `:create`, `:pragma` ..."
  defdelegate detect_command(sql), to: EctoLibSql.Command, as: :detect

  @doc "Runs a query and returns `{:ok, query, result, state}`, like `EctoLibSql.handle_execute/4`."
  def query(%State{} = state, %Query{} = query, args) do
    EctoLibSql.handle_execute(query, Query.encode_params(args, to_string(query)), [], state)
  end

  @doc "Like `query/3`, inside a transaction."
  def execute_with_trx(state, query, args), do: query(state, query, args)

  @doc false
  def execute_non_trx(query, state, args), do: query(state, query, args)

  @doc """
  Converts named arguments to positional ones for the given statement. A list is returned unchanged. Arguments
  for which the statement has no parameter are left out; a missing argument raises `ArgumentError`.
  """
  @spec normalise_arguments(term, String.t(), list | map) :: list | {:error, String.t()}
  def normalise_arguments(conn_id, sql, args), do: by_position(conn_id, sql, args)

  @doc "Like `normalise_arguments/3`, for a prepared statement."
  @spec normalise_arguments_for_stmt(term, reference | String.t(), list | map) ::
          list | {:error, String.t()}
  def normalise_arguments_for_stmt(conn_id, statement, args),
    do: by_position(conn_id, Ids.handle(statement), args)

  defp by_position(_conn_id, _statement, args) when is_list(args), do: args

  defp by_position(conn_id, statement, args) when is_map(args),
    do: native(NamedArguments.by_position(Ids.handle(conn_id), statement, args))

  defp by_position(_conn_id, _statement, _args),
    do: failed(:invalid_argument, "the arguments of a statement must be a list or a map")

  @doc "No-op: the driver keeps parameter names with its prepared statements."
  @spec clear_param_cache() :: :ok
  def clear_param_cache, do: :ok

  @doc "Always returns 0; see `clear_param_cache/0`."
  @spec param_cache_size() :: 0
  def param_cache_size, do: 0

  # The functions of EctoLibSql.Native.Raw.
  for {name, arity} <- EctoLibSql.Native.Raw.__info__(:functions) do
    arguments = Macro.generate_arguments(arity, __MODULE__)
    @doc false
    defdelegate unquote(name)(unquote_splicing(arguments)), to: EctoLibSql.Native.Raw
  end
end
