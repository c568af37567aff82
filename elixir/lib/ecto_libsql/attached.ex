defmodule EctoLibSql.Attached do
  @moduledoc false
  # Attaches the databases of the option `:attach` to a connection; see EctoLibSql.Options.

  alias EctoLibSql.{BusyRetry, Error, Nif, State}

  # The pragmas that SQLite keeps per file. Those for new files come first: they must be set before the first page
  # is written.
  @of_file ~w(page_size auto_vacuum journal_mode synchronous cache_size mmap_size secure_delete journal_size_limit)

  @type t :: {name :: String.t(), path :: String.t(), key :: String.t()}

  @doc "The databases to attach; an error if the option is wrong or the database is not local."
  @spec options(keyword) :: {:ok, [t]} | {:error, Error.t()}
  def options(opts) do
    case {opts[:attach], State.detect_mode(opts)} do
      {none, _mode} when none in [nil, []] ->
        {:ok, []}

      {_, mode} when mode in [:remote, :remote_replica] ->
        why = "the option :attach works only for local databases: a server cannot open others"
        {:error, Error.new(:unsupported, why)}

      {list, _mode} ->
        if is_list(list) and not List.improper?(list), do: each(list, []), else: wrong()
    end
  end

  defp each([attached | rest], all) do
    with {:ok, attached} <- one(attached), do: each(rest, [attached | all])
  end

  defp each([], all), do: {:ok, Enum.reverse(all)}

  defp one({name, path}) when is_binary(path) or path == :memory,
    do: one({name, [database: path]})

  defp one({name, opts})
       when (is_binary(name) or (is_atom(name) and name not in [nil, true, false])) and
              length(opts) > 0 do
    {name, opts} = {to_string(name), Enum.sort(opts)}

    with [{:database, database} | rest] <- opts,
         path when is_binary(path) <- if(database == :memory, do: ":memory:", else: database),
         {:ok, key} <- key(rest),
         false <- "" in [name, path] or Enum.any?([name, path], &String.contains?(&1, <<0>>)) do
      if path =~ ~r/\Afile:.*[?&](hex|text)?key=/s,
        do: wrong("the URI of #{name} contains a key: pass it as the option encryption_key"),
        else: {:ok, {name, path, key}}
    else
      _ -> wrong()
    end
  end

  defp one(_other), do: wrong()

  defp key([]), do: {:ok, ""}
  defp key(encryption_key: nil), do: {:ok, ""}
  defp key(encryption_key: key) when is_binary(key) and key != "", do: {:ok, key}
  defp key(_rest), do: :error

  # The message leaves out the values, because one may be a key.
  defp wrong(why \\ "it must be [name: path] or [name: [database: path, encryption_key: key]]"),
    do: {:error, Error.new(:invalid_argument, "the option :attach is invalid: #{why}")}

  @doc "Attaches the databases to a connection; `settings` are those that it was opened with."
  @spec open(reference, [t], [{String.t(), String.t()}]) :: :ok | {:error, Error.t()}
  def open(conn, attached, settings) do
    settings = Map.merge(%{"journal_mode" => "wal"}, Map.new(settings))

    Enum.find_value(attached, :ok, fn {name, _, _} = attached ->
      with {:error, error} <- attach(conn, attached, settings),
           do: {:error, %{error | message: "cannot attach #{name}: #{error.message}"}}
    end)
  end

  defp attach(conn, {name, path, key}, settings) do
    # Without KEY, the engine would try the key of the connection's main file.
    with {:ok, _, _, _} <- run(conn, "ATTACH ?1 AS ?2 KEY ?3", [path, name, {:blob, key}]),
         nil <- Enum.find_value(@of_file, &set(conn, name, &1, settings[&1])) do
      nil
    else
      {:error, %Error{kind: :not_a_database} = error} -> {:error, explained(error, path, key)}
      {:error, error} -> {:error, error}
    end
  end

  defp set(_conn, _name, _setting, nil), do: nil

  defp set(conn, name, setting, value) do
    name = String.replace(name, "\"", "\"\"")

    case run(conn, ~s(PRAGMA "#{name}".#{setting} = '#{value}'), []) do
      # The file may be read-only.
      {:error, %Error{kind: kind}} when kind in [:read_only, :permission] -> nil
      {:error, error} -> {:error, error}
      _ -> nil
    end
  end

  # If the file is opened on its own, the driver says what is wrong: the key, a missing key, or the file.
  defp explained(error, path, key) do
    key = if key == "", do: [], else: [{"encryption_key", key}]

    case EctoLibSql.native(Nif.open([{"database", path}, {"mode", "read_only"} | key], [], [])) do
      {:ok, conn} ->
        Nif.close(conn)
        error

      {:error, explained} ->
        explained
    end
  end

  defp run(conn, sql, params),
    do: EctoLibSql.native(BusyRetry.wait(conn, :infinity, &Nif.run(conn, sql, params, &1)))
end
