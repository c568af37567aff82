defmodule EctoLibSql.Pragma do
  @moduledoc """
  Reads and sets the pragmas of a connection and its database.

  Every function takes the `EctoLibSql.State` of a connection and returns the result of the pragma as
  `{:ok, %EctoLibSql.Result{}}`; `enable_foreign_keys/1` and `disable_foreign_keys/1` return `:ok`. On failure they
  return `{:error, %EctoLibSql.Error{}}`.

      iex> alias EctoLibSql.Pragma
      iex> {:ok, state} = EctoLibSql.connect(database: ":memory:")
      iex> {:ok, _} = Pragma.set_synchronous(state, :normal)
      iex> {:ok, result} = Pragma.synchronous(state)
      iex> result.rows
      [[1]]
      iex> :ok = Pragma.disable_foreign_keys(state)
      iex> elem(Pragma.foreign_keys(state), 1).rows
      [[0]]
  """

  alias EctoLibSql.{Error, Result, State}

  @journal_modes ~w(delete wal memory persist truncate off)a
  @synchronous ~w(off normal full extra)a

  @doc "Runs any PRAGMA statement."
  @spec query(State.t(), String.t()) :: {:ok, Result.t()} | {:error, Error.t()}
  def query(%State{} = state, statement) when is_binary(statement) do
    case EctoLibSql.handle_execute(statement, [], [], state) do
      {:ok, _query, result, _state} -> {:ok, result}
      {_, error, _state} -> {:error, error}
    end
  end

  @doc "Turns on foreign key enforcement. SQLite ignores this inside a transaction."
  @spec enable_foreign_keys(State.t()) :: :ok | {:error, Error.t()}
  def enable_foreign_keys(state), do: switch(state, "foreign_keys = 1")

  @doc "Turns off foreign key enforcement. SQLite ignores this inside a transaction."
  @spec disable_foreign_keys(State.t()) :: :ok | {:error, Error.t()}
  def disable_foreign_keys(state), do: switch(state, "foreign_keys = 0")

  @doc "Whether foreign keys are enforced: 1 or 0."
  def foreign_keys(state), do: run(state, "foreign_keys")

  @doc """
  Sets the journal mode: #{Enum.map_join(@journal_modes, ", ", &"`#{inspect(&1)}`")}.

  The result contains the mode that is in effect afterwards: a database in memory stays `"memory"`.
  """
  def set_journal_mode(state, mode) when mode in @journal_modes,
    do: run(state, "journal_mode = #{mode}")

  def set_journal_mode(_state, mode), do: unknown("journal mode", mode)

  @doc "The journal mode."
  def journal_mode(state), do: run(state, "journal_mode")

  @doc "Sets how often SQLite syncs to the disk: `:off`, `:normal`, `:full`, `:extra`, or 0 to 3."
  def set_synchronous(state, level) when level in @synchronous or level in 0..3,
    do: run(state, "synchronous = #{level}")

  def set_synchronous(_state, level), do: unknown("synchronous level", level)

  @doc "How often SQLite syncs to the disk: 0 (`:off`) to 3 (`:extra`)."
  def synchronous(state), do: run(state, "synchronous")

  @doc "Sets the size of the page cache: in pages, or in KiB if negative."
  def set_cache_size(state, size) when is_integer(size), do: run(state, "cache_size = #{size}")
  def set_cache_size(_state, size), do: unknown("cache size", size)

  @doc "The size of the page cache: in pages, or in KiB if negative."
  def cache_size(state), do: run(state, "cache_size")

  @doc """
  The columns of a table, given as `"t"` or `"schema.t"`. The rows are `cid`, `name`, `type`, `notnull`, `dflt_value`
  and `pk` (the position in the primary key, counted from 1, or 0). There are no rows if the table does not exist.
  """
  def table_info(state, table) when is_atom(table) and table not in [nil, true, false],
    do: table_info(state, Atom.to_string(table))

  def table_info(state, table) when is_binary(table) do
    case String.split(table, ".", parts: 2) do
      [name] -> run(state, "table_info(#{quoted(name)})")
      [schema, name] -> run(state, "#{quoted(schema)}.table_info(#{quoted(name)})")
    end
  end

  def table_info(_state, table), do: {:error, {:invalid_identifier, table}}

  @doc "The tables and views. The rows are `schema`, `name`, `type`, `ncol`, `wr` and `strict`."
  def table_list(state), do: run(state, "table_list")

  @doc "The application's version number in the database file."
  def user_version(state), do: run(state, "user_version")

  @doc "Sets the application's version number in the database file."
  def set_user_version(state, version) when is_integer(version),
    do: run(state, "user_version = #{version}")

  def set_user_version(_state, version), do: unknown("user version", version)

  defp run(state, pragma), do: query(state, "PRAGMA " <> pragma)
  defp switch(state, assignment), do: with({:ok, _} <- run(state, assignment), do: :ok)

  defp unknown(what, value),
    do: {:error, Error.new(:invalid_argument, "#{inspect(value)} is not a valid #{what}")}

  defp quoted(name), do: ~s("#{String.replace(name, ~s("), ~s(""))}")
end
