defmodule EctoLibSql.Pragma do
  @moduledoc """
  Settings of a connection and of its database.

  Every function takes the `EctoLibSql.State` of a connection. A getter gives `{:ok, value}`, a setter
  `{:ok, state}`, both `{:error, %EctoLibSql.Error{}}` when they fail.

      iex> alias EctoLibSql.Pragma
      iex> {:ok, state} = EctoLibSql.connect(database: ":memory:")
      iex> {:ok, state} = Pragma.set_synchronous(state, :normal)
      iex> Pragma.synchronous(state)
      {:ok, :normal}
      iex> Pragma.foreign_keys(state)
      {:ok, true}
  """

  alias EctoLibSql.{Error, Result, State}

  @journal_modes ~w(delete wal memory persist truncate off)a
  @synchronous %{off: 0, normal: 1, full: 2, extra: 3}

  @doc "Runs any statement that begins with PRAGMA."
  @spec query(State.t(), String.t()) :: {:ok, Result.t()} | {:error, Error.t()}
  def query(%State{} = state, statement) when is_binary(statement) do
    case EctoLibSql.handle_execute(statement, [], [], state) do
      {:ok, _query, result, _state} -> {:ok, result}
      {_, error, _state} -> {:error, error}
    end
  end

  @doc "Switches foreign keys on. Does nothing inside a transaction, as SQLite has it."
  def enable_foreign_keys(state), do: set(state, "foreign_keys = 1")

  @doc "Switches foreign keys off."
  def disable_foreign_keys(state), do: set(state, "foreign_keys = 0")

  @doc "Whether foreign keys are on."
  def foreign_keys(state), do: get(state, "foreign_keys", &(&1 == 1))

  @doc """
  Sets the journal mode: #{Enum.map_join(@journal_modes, ", ", &"`#{inspect(&1)}`")}.

  An error when the database stays in another, as one in memory does.
  """
  def set_journal_mode(state, mode) when mode in @journal_modes do
    case get(state, "journal_mode = #{mode}", & &1) do
      {:ok, now} ->
        if now == Atom.to_string(mode),
          do: {:ok, state},
          else: {:error, Error.new(:unsupported, "the journal mode of this database stays #{now}")}

      error ->
        error
    end
  end

  def set_journal_mode(_state, mode), do: unknown("journal mode", mode)

  @doc "The journal mode, as an atom."
  def journal_mode(state) do
    get(state, "journal_mode", fn text ->
      Enum.find(@journal_modes, text, &(Atom.to_string(&1) == text))
    end)
  end

  @doc "Sets how often SQLite waits for the disk: `:off`, `:normal`, `:full`, `:extra`, or 0 to 3."
  def set_synchronous(state, level) when is_map_key(@synchronous, level),
    do: set(state, "synchronous = #{@synchronous[level]}")

  def set_synchronous(state, level) when level in 0..3, do: set(state, "synchronous = #{level}")
  def set_synchronous(_state, level), do: unknown("level of synchronous", level)

  @doc "How often SQLite waits for the disk: `:off`, `:normal`, `:full` or `:extra`."
  def synchronous(state) do
    get(state, "synchronous", fn number ->
      Enum.find_value(@synchronous, fn {name, n} -> if n == number, do: name end)
    end)
  end

  @doc "Sets how much is kept in memory: pages, or KiB if negative."
  def set_cache_size(state, size) when is_integer(size), do: set(state, "cache_size = #{size}")
  def set_cache_size(_state, size), do: unknown("cache size", size)

  @doc "How much is kept in memory."
  def cache_size(state), do: get(state, "cache_size", & &1)

  @doc """
  The columns of a table, `"t"` or `"schema.t"`: maps with `:cid`, `:name`, `:type`, `:notnull`,
  `:dflt_value` and `:pk` (its place in the primary key, from 1, or 0). None if there is no such table.
  """
  def table_info(state, table) when is_atom(table) and table not in [nil, true, false],
    do: table_info(state, Atom.to_string(table))

  def table_info(state, table) when is_binary(table) do
    {schema, name} =
      case String.split(table, ".", parts: 2) do
        [name] -> {"", name}
        [schema, name] -> {quoted(schema) <> ".", name}
      end

    with {:ok, %{rows: rows}} <- query(state, "PRAGMA #{schema}table_info(#{quoted(name)})") do
      {:ok,
       for [cid, name, type, notnull, default, pk] <- rows do
         %{cid: cid, name: name, type: type, notnull: notnull == 1, dflt_value: default, pk: pk}
       end}
    end
  end

  def table_info(_state, table), do: {:error, {:invalid_identifier, table}}

  @doc "The names of the tables, without SQLite's own and those that make up a virtual table."
  def table_list(state) do
    with {:ok, %{rows: rows}} <- query(state, "PRAGMA table_list") do
      {:ok,
       for(
         ["main", name, kind | _] when kind in ["table", "virtual"] <- rows,
         not String.starts_with?(name, "sqlite_"),
         do: name
       )
       |> Enum.sort()}
    end
  end

  @doc "The number that the application keeps in the file."
  def user_version(state), do: get(state, "user_version", & &1)

  @doc "Sets the number that the application keeps in the file."
  def set_user_version(state, version) when is_integer(version),
    do: set(state, "user_version = #{version}")

  def set_user_version(_state, version), do: unknown("user version", version)

  defp set(state, assignment) do
    with {:ok, _} <- query(state, "PRAGMA " <> assignment), do: {:ok, state}
  end

  defp get(state, name, read) do
    with {:ok, %{rows: [[value]]}} <- query(state, "PRAGMA " <> name), do: {:ok, read.(value)}
  end

  defp unknown(what, value),
    do: {:error, Error.new(:invalid_argument, "#{inspect(value)} is no #{what}")}

  defp quoted(name), do: ~s("#{String.replace(name, ~s("), ~s(""))}")
end
