defmodule EctoLibSql.Options do
  @moduledoc """
  The connection options.

  ## Location of the database

  | option | |
  |---|---|
  | `:database` | a path, `":memory:"` (or `:memory`) or a `file:` URI. A database in memory belongs to one connection, so a pool of several connections is refused |
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
  | `:journal_mode` | `:wal` for files; `:delete`, `:truncate`, `:persist`, `:memory`, `:off` |
  | `:synchronous` | `:full`; `:off`, `:normal`, `:extra` |
  | `:foreign_keys` | `true` |
  | `:temp_store` | `:memory`; `:file` |
  | `:cache_size`, `:cache_spill`, `:mmap_size`, `:page_size`, `:auto_vacuum`, `:locking_mode`, `:secure_delete`, `:case_sensitive_like`, `:wal_autocheckpoint` (or `:wal_auto_check_point`), `:journal_size_limit` | SQLite's |
  | `:custom_pragmas` | none; a keyword list of further pragmas |
  | `:load_extensions` | none; a list of paths or `{path, entry_point}` |
  | `:statement_cache_size` | 128 prepared statements |
  | `:chunk_size` | 500 rows per fetch of a stream |
  | `:serialized` | none; a database as a binary (from `EctoLibSql.Native.serialize/1`) to start from, with `database: ":memory:"` |
  | `:before_disconnect` | none; a function that takes the reason and the `EctoLibSql.State` |

  ## Attached databases

      attach: [tenant: "tenant.db", archive: [database: "archive.db", encryption_key: key]]

  Their tables are `tenant.users` in SQL, and have `prefix: "tenant"` in Ecto. A missing file is created if the mode of
  the connection allows it; `"file:archive.db?mode=ro"` opens a file read-only. A file without its own key is not
  encrypted, even if the main file of the connection is. An attached file takes `:journal_mode`, `:synchronous`,
  `:cache_size`, `:mmap_size`, `:secure_delete` and `:journal_size_limit` from the connection, and a new file also
  `:page_size` and `:auto_vacuum`. An immediate transaction locks all files. If the files use a write-ahead log, a crash
  during a commit can leave the changes in one file and not in another. Only local databases can be attached, at most 10.

  ## Values

  Values can be atoms, strings, numbers and booleans; a wrong value is an error. Unknown option names are ignored,
  because they may belong to another library, unless a name looks like a misspelling of a known option: that is an error.
  exqlite's `:progress_handler_steps` is accepted but has no effect: queries can always be interrupted.
  """

  alias EctoLibSql.Error

  # The options that the native code takes.
  @settings ~w(database uri auth_token namespace connect_timeout ca_file proxy user_agent wire_format sync
    sync_interval read_your_writes offline_writes encryption_key remote_encryption_key mode busy_timeout
    default_transaction_mode statement_cache_size journal_mode synchronous cache_size cache_spill temp_store
    mmap_size foreign_keys case_sensitive_like auto_vacuum page_size locking_mode secure_delete
    wal_autocheckpoint wal_auto_check_point journal_size_limit soft_heap_limit hard_heap_limit)a

  # The options that are handled in Elixir.
  @ours ~w(attach chunk_size custom_pragmas load_extensions serialized before_disconnect migration_lock_lease_ms)a

  # Names of other libraries' options that resemble one of these.
  @theirs ~w(serializer serialize)a

  # The names that other clients of libSQL and SQLite use for these options. If they were ignored, the file would
  # silently not be encrypted, or the database would not be a replica.
  @elsewhere [key: :encryption_key, sync_url: :uri, syncUrl: :uri]

  # These are application-wide. As repo options they would be ignored, so they are refused.
  @of_application EctoLibSql.TypeOptions.names()

  @doc false
  # What the native code opens a connection with: settings, pragmas, extensions.
  @spec native(keyword) :: {:ok, {list, list, list}} | {:error, Error.t()}
  def native(opts) do
    with nil <- Enum.find(@of_application, &Keyword.has_key?(opts, &1)),
         {:ok, settings} <- pairs(opts |> of_replica() |> Keyword.take(@settings), &setting/2),
         {:ok, pragmas} <- pairs(opts[:custom_pragmas] || [], &pragma/2),
         {:ok, extensions} <- extensions(opts[:load_extensions] || []) do
      {:ok, {settings, pragmas, extensions}}
    else
      {:error, error} ->
        {:error, error}

      name ->
        why =
          "#{inspect(name)} is not an option of a repo: set it for all repos with `config :ecto_libsql, #{name}: ...`"

        {:error, Error.new(:invalid_argument, why)}
    end
  end

  @doc false
  def settings, do: @settings

  @doc false
  # An error if a name is a misspelling of one of these options.
  @spec known(keyword) :: :ok | {:error, Error.t()}
  def known(opts) do
    absent = for name <- (@settings ++ @ours) -- Keyword.keys(opts), do: {name, letters(name)}

    Enum.find_value(opts, :ok, fn {name, value} ->
      if meant = not_known?(name) && meant(name, value, absent) do
        why = "unknown option #{inspect(name)}: did you mean #{inspect(meant)}?"
        {:error, Error.new(:invalid_argument, why)}
      end
    end)
  end

  defp not_known?(name), do: name not in @settings and name not in @ours and name not in @theirs

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

  # 0.9 accepted a boolean `:sync` in every mode. Without a replica there is nothing to sync, so it is dropped.
  defp of_replica(opts) do
    if opts[:database] && opts[:uri],
      do: opts,
      else: Enum.reject(opts, &match?({:sync, flag} when is_boolean(flag), &1))
  end

  defp pairs(list, convert) when is_list(list) do
    Enum.reduce_while(list, {:ok, []}, fn
      {name, value}, {:ok, all} ->
        case convert.(name, value) do
          :none -> {:cont, {:ok, all}}
          {:ok, pair} -> {:cont, {:ok, [pair | all]}}
          :error -> {:halt, bad(name)}
        end

      _, _ ->
        {:halt, bad(:custom_pragmas)}
    end)
    |> case do
      {:ok, all} -> {:ok, Enum.reverse(all)}
      error -> error
    end
  end

  defp pairs(_list, _convert), do: bad(:custom_pragmas)

  defp setting(_name, nil), do: :none

  defp setting(:auth_token, function) when is_function(function, 0),
    do: setting(:auth_token, function.())

  defp setting(:auth_token, {module, function, arguments}),
    do: setting(:auth_token, apply(module, function, arguments))

  defp setting(:database, :memory), do: {:ok, {"database", ":memory:"}}
  defp setting(:wal_auto_check_point, value), do: setting(:wal_autocheckpoint, value)
  defp setting(:temp_store, value) when value in [:default, 0], do: :none
  defp setting(:mode, value), do: mode(List.wrap(value) -- [:nomutex])

  defp setting(name, value)
       when is_map_key(%{synchronous: 1, temp_store: 1, auto_vacuum: 1}, name) and is_integer(value),
       do: numbered(name, value)

  defp setting(:secure_delete, flag) when is_boolean(flag),
    do: {:ok, {"secure_delete", if(flag, do: "on", else: "off")}}

  defp setting(name, value),
    do: with({:ok, text} <- text(value), do: {:ok, {to_string(name), text}})

  # Accepts exqlite's names and the driver's.
  defp mode([:readonly]), do: {:ok, {"mode", "read_only"}}
  defp mode([:readwrite]), do: {:ok, {"mode", "read_write_create"}}

  defp mode(list) when list in [[:create, :readwrite], [:readwrite, :create]],
    do: mode([:readwrite])

  defp mode([mode]), do: with({:ok, text} <- text(mode), do: {:ok, {"mode", text}})
  defp mode(_), do: :error

  # The names that the pragmas' numbers stand for.
  @numbers %{
    synchronous: {"off", "normal", "full", "extra"},
    temp_store: {nil, "file", "memory"},
    auto_vacuum: {"none", "full", "incremental"}
  }

  defp numbered(name, number) do
    names = @numbers[name]

    if number in 0..(tuple_size(names) - 1),
      do: {:ok, {to_string(name), elem(names, number)}},
      else: :error
  end

  defp pragma(name, value) when is_atom(name) or is_binary(name),
    do: with({:ok, text} <- text(value), do: {:ok, {to_string(name), text}})

  defp pragma(_name, _value), do: :error

  defp extensions(list) when is_list(list) do
    pairs =
      Enum.map(list, fn
        path when is_binary(path) -> {path, ""}
        {path, entry} when is_binary(path) and is_binary(entry) -> {path, entry}
        _ -> nil
      end)

    if nil in pairs, do: bad(:load_extensions), else: {:ok, pairs}
  end

  defp extensions(_), do: bad(:load_extensions)

  defp text(value) when is_boolean(value) or (is_atom(value) and value != nil),
    do: {:ok, Atom.to_string(value)}

  defp text(value) when is_binary(value), do: {:ok, value}
  defp text(value) when is_integer(value), do: {:ok, Integer.to_string(value)}
  defp text(_), do: :error

  # The message leaves out the value, which may be a secret.
  defp bad(name),
    do:
      {:error,
       Error.new(:invalid_argument, "the option #{inspect(name)} has a value of the wrong type")}
end
