defmodule EctoLibSql.Options do
  @moduledoc """
  The options of a connection.

  ## Where the database is

  | option | |
  |---|---|
  | `:database` | a path, `":memory:"` or a `file:` URI |
  | `:uri` | a server's: `libsql://`, `https://` or `http://`; with `:database`, that file is a replica of it |
  | `:auth_token` | a text, a function without arguments, or `{module, function, arguments}`; asked whenever a connection opens, also after the server has refused a token |
  | `:namespace`, `:ca_file`, `:proxy`, `:user_agent`, `:connect_timeout` (ms), `:wire_format` (`:automatic`, `:json`, `:protobuf`) | of a server |
  | `:sync` | a replica is synced before it is used (default `true`) |
  | `:sync_interval` | and then each so many milliseconds |
  | `:read_your_writes` | a replica's reads wait for what was written from here (default `true`) |
  | `:offline_writes` | a replica's writes go to the file, and to the server when it is synced |
  | `:encryption_key` | of the file; `:remote_encryption_key` (base64) of the database at the server |

  ## How it is used

  | option | default |
  |---|---|
  | `:mode` | `:readwrite` (and create), `:readonly`, or `:read_write`, which does not create |
  | `:busy_timeout` | 5000 ms |
  | `:default_transaction_mode` | `:deferred`; or `:immediate`, `:exclusive`, `:read_only` |
  | `:journal_mode` | `:wal` for files; `:delete`, `:truncate`, `:persist`, `:memory`, `:off` |
  | `:synchronous` | `:full`; `:off`, `:normal`, `:extra` |
  | `:foreign_keys` | `true` |
  | `:temp_store` | `:memory`; `:file` |
  | `:cache_size`, `:cache_spill`, `:mmap_size`, `:page_size`, `:auto_vacuum`, `:locking_mode`, `:secure_delete`, `:case_sensitive_like`, `:wal_autocheckpoint` (or `:wal_auto_check_point`), `:journal_size_limit` | SQLite's |
  | `:custom_pragmas` | none: a keyword list of further pragmas |
  | `:load_extensions` | none: paths, or `{path, entry_point}` |
  | `:statement_cache_size` | 128 compiled statements |
  | `:chunk_size` | 500 rows in one read of a stream |
  | `:serialized` | a database as a binary (`EctoLibSql.Native.serialize/1`) to begin with; `database: ":memory:"` |
  | `:before_disconnect` | a function of the reason and the `EctoLibSql.State` |

  Those of `DBConnection` and Ecto are theirs. Any other name, and a wrong value, is an error. Values may
  be atoms, texts, numbers and booleans. `:progress_handler_steps` of exqlite is accepted and has no
  meaning: queries can always be interrupted.
  """

  alias EctoLibSql.Error

  # What other layers take from the same keyword list, and what is used here and not in the native part.
  @not_settings ~w(name pool pool_size pool_count pool_index queue_target queue_interval idle_interval idle_limit
    max_restarts max_seconds max_lifetime backoff_type backoff_min backoff_max after_connect
    after_connect_timeout connection_listeners configure checkout_retries telemetry_prefix otp_app
    repo adapter log stacktrace timeout types loggers migration_source migration_lock
    migration_primary_key migration_foreign_key migration_timestamps migration_repo
    migration_default_prefix migration_cast_version_column migration_advisory_lock_max_tries
    migration_advisory_lock_retry_interval_ms priv start_apps_before_migration dump_path
    default_dynamic_repo show_sensitive_data_on_connection_error ownership_timeout ownership_log
    ownership_mode post_checkout pre_checkin parameters prepare caller deadline queue label migration_lock_lease_ms
    chunk_size url username password hostname port scheme ecto_repos
    force_drop stop_apps_after_migration pool_timeout telemetry_options
    custom_pragmas load_extensions serialized before_disconnect progress_handler_steps)a

  # An option of a repository would be ignored.
  @of_application EctoLibSql.TypeOptions.names()

  @doc false
  # What the native part opens a connection with: settings, pragmas, extensions.
  @spec native(keyword) :: {:ok, {list, list, list}} | {:error, Error.t()}
  def native(opts) do
    with nil <- Enum.find(@of_application, &Keyword.has_key?(opts, &1)),
         {:ok, settings} <- pairs(opts |> of_replica() |> Keyword.drop(@not_settings), &setting/2),
         {:ok, pragmas} <- pairs(opts[:custom_pragmas] || [], &pragma/2),
         {:ok, extensions} <- extensions(opts[:load_extensions] || []) do
      {:ok, {settings, pragmas, extensions}}
    else
      {:error, error} ->
        {:error, error}

      name ->
        why = "#{inspect(name)} holds for all repositories: config :ecto_libsql, #{name}: ..."
        {:error, Error.new(:invalid_argument, why)}
    end
  end

  # A switch, as 0.9 had it, says nothing where there is nothing to sync.
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

  # As exqlite names them, and the driver.
  defp mode([:readonly]), do: {:ok, {"mode", "read_only"}}
  defp mode([:readwrite]), do: {:ok, {"mode", "read_write_create"}}

  defp mode(list) when list in [[:create, :readwrite], [:readwrite, :create]],
    do: mode([:readwrite])

  defp mode([mode]), do: with({:ok, text} <- text(mode), do: {:ok, {"mode", text}})
  defp mode(_), do: :error

  # The numbers of the pragmas.
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

  # Without the value: it may be a secret.
  defp bad(name),
    do:
      {:error,
       Error.new(:invalid_argument, "the option #{inspect(name)} has a value of a wrong type")}
end
