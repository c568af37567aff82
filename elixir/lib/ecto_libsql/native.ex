defmodule EctoLibSql.Native do
  @moduledoc """
  What one connection can do besides the protocol of DBConnection.

  Every function takes the `EctoLibSql.State` that `EctoLibSql.connect/1` returned. Errors are
  `{:error, %EctoLibSql.Error{}}`.
  """

  alias EctoLibSql.{Error, Nif, Query, Result, State}
  import EctoLibSql, only: [native: 1]

  # --- transactions ---

  @doc "Begins a transaction; `behavior:` is `:deferred`, `:immediate`, `:exclusive` or `:read_only`."
  @spec begin(State.t(), keyword) :: {:ok, State.t()} | {:error, Error.t()}
  def begin(%State{} = state, opts \\ []) do
    case native(Nif.begin(state.conn_id, Keyword.get(opts, :behavior, :deferred), :infinity)) do
      :ok -> {:ok, %{state | trx_id: make_ref(), savepoints: 0}}
      error -> error
    end
  end

  @doc "Commits the transaction."
  @spec commit(State.t()) :: {:ok, String.t()} | {:error, Error.t()}
  def commit(%State{} = state) do
    with :ok <- native(Nif.commit(state.conn_id, :infinity)), do: {:ok, "commit success"}
  end

  @doc "Undoes the transaction."
  @spec rollback(State.t()) :: {:ok, String.t()} | {:error, Error.t()}
  def rollback(%State{} = state) do
    with :ok <- native(Nif.rollback(state.conn_id)), do: {:ok, "rollback success"}
  end

  # --- savepoints ---

  @doc "Sets a savepoint. Any name is allowed."
  @spec create_savepoint(State.t(), String.t()) :: :ok | {:error, Error.t()}
  def create_savepoint(state, name), do: savepoint(state, "SAVEPOINT ", name)

  @doc "Forgets a savepoint; what came since stays."
  @spec release_savepoint_by_name(State.t(), String.t()) :: :ok | {:error, Error.t()}
  def release_savepoint_by_name(state, name), do: savepoint(state, "RELEASE ", name)

  @doc "Undoes what came since a savepoint, which stays."
  @spec rollback_to_savepoint_by_name(State.t(), String.t()) :: :ok | {:error, Error.t()}
  def rollback_to_savepoint_by_name(state, name), do: savepoint(state, "ROLLBACK TO ", name)

  defp savepoint(%State{trx_id: nil}, _verb, _name),
    do: {:error, Error.new(:transaction, "there is no open transaction")}

  defp savepoint(%State{} = state, verb, name) when is_binary(name) do
    case native(Nif.run(state.conn_id, verb <> quoted(name), [], :infinity)) do
      {:ok, _, _, _} -> :ok
      error -> error
    end
  end

  defp savepoint(_state, _verb, _name),
    do: {:error, Error.new(:invalid_argument, "a savepoint's name has to be a binary")}

  defp quoted(name), do: ~s("#{String.replace(name, ~s("), ~s(""))}")

  # --- prepared statements ---

  @doc "Compiles a statement to be held."
  @spec prepare(State.t(), String.t()) :: {:ok, reference} | {:error, Error.t()}
  def prepare(%State{} = state, sql), do: native(Nif.prepare(state.conn_id, sql))

  @doc "Runs a held statement that gives rows."
  @spec query_stmt(State.t(), reference, list | map) :: {:ok, Result.t()} | {:error, Error.t()}
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

  @doc "Runs a held statement; the number of rows that it changed, or its rows."
  @spec execute_stmt(State.t(), reference, String.t(), list | map) ::
          {:ok, non_neg_integer | Result.t()} | {:error, Error.t()}
  def execute_stmt(%State{} = state, statement, sql, args \\ []) do
    case run(state, statement, args) do
      {:ok, nil, nil, changes} ->
        {:ok, changes}

      {:ok, columns, rows, _} ->
        {:ok,
         %Result{
           command: detect_command(sql),
           columns: columns,
           rows: rows,
           num_rows: length(rows)
         }}

      error ->
        error
    end
  end

  defp run(state, statement, args) do
    native(Nif.run_statement(state.conn_id, statement, Query.encode_params(args), :infinity))
  end

  @doc "Ends a held statement."
  @spec close_stmt(reference) :: :ok | {:error, Error.t()}
  def close_stmt(statement), do: native(Nif.close_statement(statement))

  @doc "Ends a held statement's query."
  @spec reset_stmt(State.t(), reference) :: :ok | {:error, Error.t()}
  def reset_stmt(%State{} = state, statement),
    do: native(Nif.reset_statement(state.conn_id, statement))

  @doc "How many columns a held statement gives."
  def stmt_column_count(%State{} = state, statement),
    do: described(state, statement, fn columns, _ -> {:ok, length(columns)} end)

  @doc "The name of a column, from 0."
  def stmt_column_name(%State{} = state, statement, index) do
    described(state, statement, fn columns, _ ->
      at(columns, index, "column", fn {name, _, _} -> name end)
    end)
  end

  @doc "How many parameters a held statement has."
  def stmt_parameter_count(%State{} = state, statement),
    do: described(state, statement, fn _, parameters -> {:ok, length(parameters)} end)

  @doc "The name of a parameter, from 1, with its prefix; nil for `?`."
  def stmt_parameter_name(%State{} = state, statement, index) do
    described(state, statement, fn _, parameters ->
      at(parameters, if(is_integer(index), do: index - 1, else: index), "parameter", & &1)
    end)
  end

  @doc "Each column's `{name, origin, declared type}`."
  def get_stmt_columns(%State{} = state, statement),
    do: described(state, statement, fn columns, _ -> {:ok, columns} end)

  defp described(state, statement, f) do
    case native(Nif.describe(state.conn_id, statement)) do
      {:ok, columns, parameters} -> f.(columns, parameters)
      error -> error
    end
  end

  defp at(list, index, what, f) do
    if is_integer(index) and index in 0..(length(list) - 1)//1 do
      {:ok, f.(Enum.at(list, index))}
    else
      {:error, Error.new(:invalid_argument, "the index of a #{what} is out of bounds")}
    end
  end

  # --- batches ---

  @doc """
  Runs statements `{sql, args}` one after the other, on a server in one round trip. A failure does not
  keep the next ones from being run.

  `{:ok, results}`, in which a statement that failed is its `{:error, error}`.
  """
  @spec batch(State.t(), [{String.t(), list | map}]) ::
          {:ok, [Result.t() | {:error, Error.t()}]} | {:error, Error.t()}
  def batch(%State{} = state, statements) do
    with {:ok, outcomes} <- run_batch(state, statements, false), do: {:ok, outcomes}
  end

  @doc "As `batch/2`, in one transaction: all of them or, with the error of the one that failed, none."
  @spec batch_transactional(State.t(), [{String.t(), list | map}]) ::
          {:ok, [Result.t()]} | {:error, Error.t()}
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
           native(Nif.run_batch(state.conn_id, steps, transactional, :infinity)) do
      {:ok,
       Enum.map(outcomes, fn
         {:ok, nil, nil, changes} ->
           %Result{command: :batch, num_rows: changes}

         {:ok, columns, rows, _} ->
           %Result{command: :batch, columns: columns, rows: rows, num_rows: length(rows)}

         :skipped ->
           {:error, Error.new(:transaction, "it was not run, since one before it failed")}

         {:error, _} = failed ->
           native(failed)
       end)}
    end
  end

  defp step({sql, args}), do: {sql, Query.encode_params(args)}
  defp step(other), do: other

  @doc "Runs the statements of a script, each on its own, up to the first that fails."
  @spec execute_batch_sql(State.t(), String.t()) :: {:ok, [Result.t()]} | {:error, Error.t()}
  def execute_batch_sql(%State{} = state, script) do
    case native(Nif.run_script(state.conn_id, script, :infinity)) do
      {:ok, results, nil} ->
        {:ok,
         for {columns, rows, changes} <- results do
           if columns == [],
             do: %Result{command: :batch, num_rows: changes},
             else: %Result{command: :batch, columns: columns, rows: rows, num_rows: length(rows)}
         end}

      {:ok, _, {:error, fields}} ->
        {:error, Error.from_native(fields)}

      error ->
        error
    end
  end

  @doc "As `execute_batch_sql/2`, in one transaction: all of it or nothing."
  @spec execute_transactional_batch_sql(State.t(), String.t()) ::
          {:ok, [Result.t()]} | {:error, Error.t()}
  def execute_transactional_batch_sql(%State{} = state, script) do
    with {:ok, state} <- begin(state) do
      case execute_batch_sql(state, script) do
        {:ok, results} ->
          with {:ok, _} <- commit(state), do: {:ok, results}

        {:error, error} ->
          # The engine may have ended it already.
          rollback(state)
          {:error, error}
      end
    end
  end

  # --- what is known of a connection ---

  @doc "The rowid of the last insert."
  def get_last_insert_rowid(%State{} = state), do: native(Nif.last_insert_rowid(state.conn_id))

  @doc "How many rows the last statement changed."
  def get_changes(%State{} = state), do: native(Nif.changes(state.conn_id))

  @doc "How many rows were changed since the connection was opened."
  def get_total_changes(%State{} = state), do: native(Nif.total_changes(state.conn_id))

  @doc "Whether no transaction is open."
  def get_is_autocommit(%State{} = state), do: native(Nif.is_autocommit(state.conn_id))

  @doc "Ends what runs on the connection now. From any process; it does not wait."
  def interrupt(%State{} = state), do: native(Nif.interrupt(state.conn_id))

  @doc "Back to how the connection was after opening: an open transaction is rolled back."
  def reset(%State{} = state), do: native(Nif.reset(state.conn_id))

  # --- replicas ---

  @sync_timeout 30_000

  @doc "Brings what the primary has. Does nothing for what is no replica."
  def sync(%State{mode: :remote_replica} = state) do
    with {:ok, _, _} <- native(Nif.sync(state.conn_id, @sync_timeout)),
         do: {:ok, "success sync"}
  end

  def sync(%State{}), do: {:ok, "success sync"}

  @doc "Syncs until the replica has a frame."
  def sync_until_frame(%State{} = state, frame) do
    case native(Nif.sync_until(state.conn_id, frame, @sync_timeout)) do
      {:ok, _, _} -> :ok
      error -> error
    end
  end

  @doc "The replica's last frame; 0 if there is none."
  def get_frame_number_for_replica(%State{} = state) do
    with {:ok, frame, _} <- native(Nif.frames(state.conn_id)), do: {:ok, frame || 0}
  end

  @doc "The highest frame that was written from here; 0 if there is none."
  def get_max_write_frame(%State{mode: :remote_replica} = state) do
    with {:ok, _, frame} <- native(Nif.frames(state.conn_id)), do: {:ok, frame || 0}
  end

  def get_max_write_frame(%State{}), do: {:ok, 0}

  @doc "Moves what was synced into the database file."
  def flush_and_get_frame(%State{} = state) do
    with :ok <- native(Nif.flush(state.conn_id)), do: get_frame_number_for_replica(state)
  end

  @doc "Ends the replication: the file is a plain database from now on."
  def freeze_replica(%State{} = state), do: native(Nif.freeze(state.conn_id))

  # --- vectors ---

  @doc """
  A vector as text, for `vector32()` and its like.

      iex> EctoLibSql.Native.vector([1.0, 2, 3.5])
      "[1.0,2,3.5]"
  """
  def vector(numbers) when is_list(numbers) do
    texts =
      Enum.map(numbers, fn number ->
        is_number(number) || raise ArgumentError, "#{inspect(number)} is no number"
        to_string(number)
      end)

    "[#{Enum.join(texts, ",")}]"
  end

  @doc """
  A vector column's type.

      iex> EctoLibSql.Native.vector_type(3, :f32)
      "F32_BLOB(3)"
  """
  def vector_type(dimensions, type \\ :f32)

  def vector_type(dimensions, :f32) when is_integer(dimensions) and dimensions > 0,
    do: "F32_BLOB(#{dimensions})"

  def vector_type(dimensions, :f64) when is_integer(dimensions) and dimensions > 0,
    do: "F64_BLOB(#{dimensions})"

  # --- texts ---

  @doc """
  What a statement does, by its first word.

      iex> EctoLibSql.Native.detect_command("-- all of them\\nSELECT * FROM t")
      :select
  """
  def detect_command(sql) when is_binary(sql) do
    case first_word(sql) do
      word when word in ~w(select with values explain) -> :select
      word when word in ~w(insert replace) -> :insert
      "update" -> :update
      "delete" -> :delete
      word when word in ~w(create drop alter) -> :create
      "begin" -> :begin
      word when word in ~w(commit end) -> :commit
      "rollback" -> :rollback
      "pragma" -> :pragma
      _ -> :unknown
    end
  end

  defp first_word(<<c, rest::binary>>) when c in [?\s, ?\t, ?\n, ?\r, ?\f, ?;], do: first_word(rest)

  defp first_word("--" <> rest) do
    case :binary.split(rest, "\n") do
      [_, rest] -> first_word(rest)
      _ -> ""
    end
  end

  defp first_word("/*" <> rest) do
    case :binary.split(rest, "*/") do
      [_, rest] -> first_word(rest)
      _ -> ""
    end
  end

  defp first_word(sql), do: sql |> letters(0) |> String.downcase(:ascii)

  defp letters(sql, size) do
    case sql do
      <<_::binary-size(size), c, _::binary>> when c in ?a..?z or c in ?A..?Z ->
        letters(sql, size + 1)

      _ ->
        binary_part(sql, 0, size)
    end
  end
end
