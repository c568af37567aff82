defmodule EctoLibSql.Test.Modes do
  @moduledoc """
  Connections in each of the three modes. A server is that of `LIBSQL_URL`, which
  `scripts/with_server` sets; without it there is the local mode only.

      for mode <- Modes.all() do
        describe "\#{mode}" do
          setup do: Modes.setup(unquote(mode))
          test "...", %{state: state} do ...

  Such a case is not `async`: its tests share the server's database, which is emptied before each.
  """

  import EctoLibSql.Test.Machine, only: [folder!: 0]

  @doc "The server's address, or nil."
  def url do
    case System.get_env("LIBSQL_URL", "") do
      "" -> nil
      url -> url
    end
  end

  @doc "The modes that tests run in."
  def all, do: if(url(), do: [:local, :remote, :replica], else: [:local])

  @doc "For a test: an empty database, its `options`, and a connection's `state`."
  def setup(mode) do
    if mode != :local, do: empty()
    options = options(mode)
    {:ok, mode: mode, options: options, state: connect!(options)}
  end

  @doc """
  For a test: a file with a table `t(x)`, which has the row 1; the `options` to open it, and a connection's `state`.
  """
  def setup_table(options) do
    options = options(:local) ++ options
    state = connect!(options)
    run!(state, "CREATE TABLE t(x)")
    run!(state, "INSERT INTO t VALUES (1)")
    {:ok, options: options, state: state}
  end

  @doc "The mode of LIBSQL_MODE, in which tests with Ecto run."
  def mode, do: "LIBSQL_MODE" |> System.get_env("local") |> String.to_existing_atom()

  @doc "Options of a database of its own."
  def options(mode), do: options(mode, Path.join(folder!(), "#{mode}.db"))

  @doc "Options of a database: in the file, on the server, or on both."
  def options(:local, file), do: [database: file]
  def options(:remote, _file), do: [uri: server!()]
  def options(:replica, file), do: [database: file, uri: server!()]

  defp server!, do: url() || raise("LIBSQL_URL is not set: run this under scripts/with_server")

  @doc "A connection that is closed with the test."
  def connect!(options) do
    {:ok, state} = EctoLibSql.connect(options)
    ExUnit.Callbacks.on_exit(fn -> EctoLibSql.disconnect(:done, state) end)
    state
  end

  @doc "Runs one statement; its result."
  def run!(state, sql, params \\ [], opts \\ []) do
    {:ok, _query, result, _state} = EctoLibSql.handle_execute(sql, params, opts, state)
    result
  end

  @doc "Runs one statement; its rows."
  def rows!(state, sql, params \\ [], opts \\ []), do: run!(state, sql, params, opts).rows

  @doc "Drops all that the server's database holds."
  def empty do
    {:ok, state} = EctoLibSql.connect(uri: url())
    run!(state, "PRAGMA foreign_keys = 0")

    for [drop] <-
          rows!(state, """
          SELECT format('DROP %s IF EXISTS "%w"', type, name) FROM sqlite_master
          WHERE type IN ('view', 'table') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
            AND name NOT LIKE 'libsql\\_%' ESCAPE '\\' ORDER BY type DESC
          """),
        do: run!(state, drop)

    EctoLibSql.disconnect(:done, state)
  end
end
