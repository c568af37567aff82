defmodule EctoLibSql.Options do
  @moduledoc """
  The connection options.

  ## Location of the database

  | option | |
  |---|---|
  | `:database` | a path, `":memory:"` (or `:memory`) or a `file:` URI. See [Databases in memory](#module-databases-in-memory) |
  | `:uri` | the URL of a server: `libsql://`, `https://` or `http://`. If `:database` is set too, that file is a replica of the server's database |
  | `:auth_token` | a string, a function without arguments, or `{module, function, arguments}`; the function is called whenever a connection opens, including after the server has refused a token |
  | `:namespace`, `:ca_file`, `:proxy`, `:user_agent`, `:connect_timeout` (ms), `:wire_format` (`:automatic`, `:json`, `:protobuf`) | settings for the connection to the server |
  | `:sync` | whether a replica is synced before it is used (default `true`) |
  | `:sync_interval` | the interval of further background syncs in milliseconds (default: none) |
  | `:read_your_writes` | whether a write returns only once the replica has it, too (default `true`) |
  | `:offline_writes` | whether a replica's writes go to the file first, and to the server at the next sync (default `false`) |
  | `:encryption_key` | the key of the file; `:remote_encryption_key` (base64) is the key of the database on the server |
  | `:attach` | databases that each connection attaches (default: none); see below |

  ## Behaviour

  | option | default |
  |---|---|
  | `:mode` | `:readwrite`, which also creates a missing file; or `:readonly`, or `:read_write`, which does not create the file |
  | `:busy_timeout` | 5000 ms |
  | `:default_transaction_mode` | `:deferred`; or `:immediate`, `:exclusive`, `:read_only` |
  | `:journal_mode` | `:wal` for files; `:delete`, `:truncate`, `:persist`, `:memory`, `:off`. A database in memory has its journal in memory, except with `:off` |
  | `:synchronous` | `:full`; `:off`, `:normal`, `:extra` |
  | `:foreign_keys` | `true` |
  | `:temp_store` | `:memory`; `:file` |
  | `:cache_size`, `:cache_spill`, `:mmap_size`, `:page_size`, `:auto_vacuum`, `:locking_mode`, `:secure_delete`, `:case_sensitive_like`, `:wal_autocheckpoint` (or `:wal_auto_check_point`), `:journal_size_limit` | SQLite's |
  | `:custom_pragmas` | none; a keyword list of further pragmas |
  | `:load_extensions` | none; a list of paths or `{path, entry_point}` |
  | `:statement_cache_size` | 128 prepared statements |
  | `:chunk_size` | 500 rows per fetch of a stream |
  | `:migration_lock_lease_ms` | 15000; see `Ecto.Adapters.LibSql` |
  | `:serialized` | none; a database as a binary (from `EctoLibSql.Native.serialize/1`) to start from, with `database: ":memory:"` |
  | `:before_disconnect` | none; a function that takes the reason and the `EctoLibSql.State`, or `{module, function, arguments}`, which gets them before its own arguments |

  ## Attached databases

      attach: [tenant: "tenant.db", archive: [database: "archive.db", encryption_key: key]]

  Their tables are `tenant.users` in SQL, and have `prefix: "tenant"` in Ecto. A missing file is created if the mode of
  the connection allows it; `"file:archive.db?mode=ro"` opens a file read-only. A file without its own key is not
  encrypted, even if the main file of the connection is. An attached file takes `:journal_mode`, `:synchronous`,
  `:cache_size`, `:mmap_size`, `:secure_delete` and `:journal_size_limit` from the connection, and a new file also
  `:page_size` and `:auto_vacuum`. An immediate transaction locks all files. If the files use a write-ahead log, a crash
  during a commit can leave the changes in one file and not in another. Only local databases can be attached, at most 10.

  ## Databases in memory

  A database in memory ends with its connection, or with its pool, whose connections share it: in a repo, and in a pool of
  `EctoLibSql.start_link/1`, those named `:memory`, `":memory:"` or `"file:...?mode=memory"`, also in `:attach`. It then
  has at most 1 GiB, and one lock: while a transaction writes, other connections wait for it, even to read. With
  `pool_size: 1`, there is nothing to wait for but the connection, and no such limit. A pool with `:serialized` must have
  one connection, because each would have its own copy.

  ## Values

  Words can be atoms or strings (`:wal`, `"wal"`), numbers integers or strings of digits, flags `true`, `false`, `:on` or
  `:off`. A wrong value, and options that cannot go together, are errors that name the option and say what is valid, but
  do not show the value, which may be a secret. A repo, or a pool of `EctoLibSql.start_link/1`, does not start then.
  Unknown option names are ignored, because they may belong to another library, unless a name looks like a misspelling
  of a known option: that is an error.

  exqlite's `:progress_handler_steps` is accepted but has no effect: queries can always be interrupted. Its
  `:soft_heap_limit` and `:hard_heap_limit` are errors: the engine is built without memory accounting.
  """

  alias EctoLibSql.{Attached, DatabaseLocation, Error, Nif, OptionValues}

  # Names of other libraries' options that resemble one of these.
  @theirs ~w(serializer serialize)a

  # The names that other clients of libSQL and SQLite use for these options. If they were ignored, the file would
  # silently not be encrypted, or the database would not be a replica.
  @elsewhere [key: :encryption_key, sync_url: :uri, syncUrl: :uri]

  # These are application-wide. As repo options they would be ignored, so they are refused.
  @of_application EctoLibSql.TypeOptions.names()

  @doc false
  # Whether a connection can be opened with these options, as far as can be said without the database. A repo or a pool
  # checks this when it starts: it would try for ever to connect, and callers would only learn that the pool is too
  # small.
  @spec check(keyword) :: :ok | {:error, Error.t()}
  def check(opts) do
    with {:ok, values} <- read(opts), do: tried(values)
  end

  # Only the engine knows which pragmas there are, and whether an extension loads.
  defp tried(values) do
    with :ok <- opened(values[:custom_pragmas] || [], [], &(&1.kind == :invalid_argument)),
         do: opened([], values[:load_extensions] || [], fn _any -> true end)
  end

  defp opened([], [], _wrong?), do: :ok

  defp opened(pragmas, extensions, wrong?) do
    case EctoLibSql.native(Nif.open([{"database", ":memory:"}], pragmas, extensions)) do
      {:ok, conn} -> Nif.close(conn)
      {:error, error} -> if wrong?.(error), do: {:error, error}, else: :ok
    end
  end

  @doc false
  # The options that are set, each value in one form; an error if a name, a value or their combination is wrong.
  @spec read(keyword) :: {:ok, %{atom => term}} | {:error, Error.t()}
  def read(opts) do
    with :ok <- known(opts),
         nil <- Enum.find(@of_application, &Keyword.has_key?(opts, &1)),
         {:ok, values} <- values(opts),
         nil <- contradiction(values),
         {:ok, attached} <- Attached.options(opts) do
      {:ok, Map.put(values, :attach, attached)}
    else
      {:error, error} ->
        {:error, error}

      name when is_atom(name) ->
        why =
          "#{inspect(name)} is not an option of a repo: set it for all repos with `config :ecto_libsql, #{name}: ...`"

        {:error, Error.new(:invalid_argument, why)}

      why ->
        {:error, Error.new(:invalid_argument, why)}
    end
  end

  defp values(opts) do
    Enum.reduce_while(opts, {:ok, %{}}, fn {name, value}, {:ok, values} ->
      name = OptionValues.name(name)

      # Of an option that is given twice, the first value counts, as everywhere in a keyword list.
      if name == nil or value == nil or Map.has_key?(values, name) do
        {:cont, {:ok, values}}
      else
        case OptionValues.read(name, value) do
          {:ok, value} -> {:cont, {:ok, Map.put(values, name, value)}}
          {:error, why} -> {:halt, {:error, Error.new(:invalid_argument, why)}}
        end
      end
    end)
  end

  # Options that cannot go together; nil if there are none. The driver checks this too, but only when it connects.
  defp contradiction(values) do
    server? = Map.has_key?(values, :uri)
    file? = Map.has_key?(values, :database)
    memory? = file? and DatabaseLocation.file(values.database) == nil

    cond do
      not (server? or file?) ->
        "neither :database nor :uri is set: set one of them"

      name = not server? and first(values, :server) ->
        "the option #{inspect(name)} is for a database on a server: it needs the option :uri"

      name = not (server? and file?) and first(values, :replica) ->
        "the option #{inspect(name)} is for a replica: it needs the options :uri and :database"

      name = not file? and first(values, :file) ->
        "the option #{inspect(name)} is for a file, and the database is on a server: leave it out"

      name = not (memory? and not server?) and first(values, :memory) ->
        "the option #{inspect(name)} is for a database in memory: it needs database: \":memory:\""

      server? and file? ->
        of_replica(values)

      memory? ->
        of_memory(values)

      values[:mode] == "read_only" ->
        with name when name != nil <- written(values),
             do:
               "the option #{inspect(name)} changes the file, which mode: :readonly forbids: leave out one of them"

      true ->
        nil
    end
  end

  defp first(values, place) do
    Enum.find_value(values, fn {name, value} ->
      OptionValues.place(name, value) == place && name
    end)
  end

  defp written(values),
    do: Enum.find([:journal_mode, :page_size, :auto_vacuum], &Map.has_key?(values, &1))

  defp of_replica(values) do
    pragmas = for {name, _} <- values[:custom_pragmas] || [], do: String.downcase(name)

    cond do
      DatabaseLocation.file(values.database) != values.database ->
        "a replica is a file: give its path as :database, not a URI"

      Map.get(values, :journal_mode, "wal") != "wal" ->
        "a replica works with journal_mode: :wal only: leave out the option :journal_mode"

      values[:locking_mode] == "exclusive" ->
        "a replica is read while it is written, which locking_mode: :exclusive prevents: leave it out"

      values[:page_size] || values[:auto_vacuum] ->
        "a replica has the pages of its primary: set :page_size and :auto_vacuum there, not here"

      "query_only" in pragmas ->
        "a replica is written to by its syncs only: leave out the pragma query_only"

      true ->
        nil
    end
  end

  defp of_memory(values) do
    cond do
      values[:encryption_key] ->
        "the option :encryption_key encrypts a file, and the database is in memory: leave it out"

      Map.get(values, :mode, "read_write_create") != "read_write_create" ->
        "a database in memory needs mode: :readwrite"

      true ->
        nil
    end
  end

  @doc false
  # What the native code opens a connection with: settings, pragmas, extensions.
  @spec native(%{atom => term}) :: {:ok, {list, list, list}} | {:error, Error.t()}
  def native(values) do
    with {:ok, values} <- with_token(values) do
      settings =
        for {name, value} <- values |> of_mode() |> Map.drop(OptionValues.in_elixir()),
            do: {to_string(name), to_string(value)}

      {:ok, {settings, values[:custom_pragmas] || [], values[:load_extensions] || []}}
    end
  end

  defp with_token(%{auth_token: token} = values) when not is_binary(token) do
    token =
      case token do
        {module, function, arguments} -> apply(module, function, arguments)
        function -> function.()
      end

    cond do
      token == nil ->
        {:ok, Map.delete(values, :auth_token)}

      is_binary(token) ->
        {:ok, %{values | auth_token: token}}

      true ->
        {:error,
         Error.new(
           :invalid_argument,
           "the function of the option :auth_token must return a string or nil"
         )}
    end
  end

  defp with_token(values), do: {:ok, values}

  # Leaves out what is the default or has no meaning. SQLite itself keeps the journal of a database in memory in memory,
  # or off.
  defp of_mode(values) do
    Enum.reject(values, fn
      {:sync, _flag} ->
        not (Map.has_key?(values, :uri) and Map.has_key?(values, :database))

      {:temp_store, "default"} ->
        true

      {:journal_mode, mode} ->
        mode != "off" and DatabaseLocation.file(values.database) == nil

      _ ->
        false
    end)
    |> Map.new()
  end

  @doc false
  # An error if a name is a misspelling of one of these options.
  @spec known(keyword) :: :ok | {:error, Error.t()}
  def known(opts) do
    absent = for name <- OptionValues.names() -- Keyword.keys(opts), do: {name, letters(name)}

    Enum.find_value(opts, :ok, fn {name, value} ->
      if meant = not_known?(name) && meant(name, value, absent) do
        why = "unknown option #{inspect(name)}: did you mean #{inspect(meant)}?"
        {:error, Error.new(:invalid_argument, why)}
      end
    end)
  end

  defp not_known?(name), do: OptionValues.name(name) == nil and name not in @theirs

  defp meant(name, value, absent) do
    elsewhere = value && @elsewhere[name]
    letters = letters(name)

    if elsewhere && List.keymember?(absent, elsewhere, 0),
      do: elsewhere,
      else: Enum.find_value(absent, fn {option, its} -> resembles?(letters, its) && option end)
  end

  # The letters of a name, however it is written: authToken, AUTH_TOKEN.
  defp letters(name) do
    name
    |> to_string()
    |> String.downcase()
    |> String.replace(["_", "-"], "")
    |> String.to_charlist()
  end

  # A short name is similar to many others, so the rule is stricter.
  defp resembles?(name, option) do
    case length(option) do
      n when n <= 4 ->
        Enum.dedup(name) == option or
          (Enum.sort(name) == Enum.sort(option) and near?(name, option, 1))

      n when n <= 7 ->
        near?(name, option, 1)

      n ->
        abs(length(name) - n) <= 2 and near?(name, option, 2)
    end
  end

  # Whether one name becomes the other by at most `edits` insertions, deletions, substitutions or transpositions.
  defp near?(same, same, _edits), do: true
  defp near?(_one, _other, 0), do: false
  defp near?([letter | one], [letter | other], edits), do: near?(one, other, edits)

  defp near?([x, y | one] = all, [y, x | other] = others, edits),
    do: near?(one, other, edits - 1) or edited?(all, others, edits - 1)

  defp near?(one, other, edits), do: edited?(one, other, edits - 1)

  defp edited?(one, other, edits) do
    near?(Enum.drop(one, 1), other, edits) or near?(one, Enum.drop(other, 1), edits) or
      near?(Enum.drop(one, 1), Enum.drop(other, 1), edits)
  end
end
