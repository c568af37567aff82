defmodule EctoLibSql.DatabaseLocation do
  @moduledoc false
  # Where the option `:database` says that the database is.

  alias EctoLibSql.{Attached, Error, Nif}

  @doc "The path of the database file; nil if there is none, because the database is in memory or on a server."
  @spec file(term) :: String.t() | nil
  def file(database) do
    case parts(database) do
      {path, query} -> if memory?(path, query), do: nil, else: path
      path -> path
    end
  end

  @doc "Whether only the connection that opens this database sees it."
  @spec private?(term) :: boolean
  def private?(database) do
    case parts(database) do
      {path, query} -> memory?(path, query) and not shared?(path, query)
      _ -> database in [:memory, ":memory:"]
    end
  end

  @doc """
  The options for a pool of so many connections. If there are several, databases in memory that would belong to one of
  them become databases of the engine's that all connections of a process can open by their names.
  """
  @spec for_pool(keyword, pos_integer) :: {:ok, keyword} | {:error, Error.t()}
  def for_pool(opts, size) when is_integer(size) and size > 1 do
    {:ok, attached} = Attached.options(opts)

    cond do
      opts[:serialized] ->
        why =
          "each connection would have its own copy of the database :serialized: set pool_size: 1"

        {:error, Error.new(:invalid_argument, why)}

      not (private_main?(opts) or Enum.any?(attached, fn {_, path, _} -> private?(path) end)) ->
        {:ok, opts}

      true ->
        opts = if private_main?(opts), do: Keyword.put(opts, :database, shared()), else: opts
        attached = Enum.map(attached, &shared/1)

        paths = [
          opts[:database] | Enum.map(attached, fn {_name, [{:database, path} | _]} -> path end)
        ]

        # They would end whenever all connections of the pool happen to be closed.
        kept = for "file:/ecto_libsql_" <> _ = path <- paths, do: kept_open(path)
        {:ok, Keyword.merge(opts, attach: attached, ecto_libsql_kept_open: kept)}
    end
  end

  def for_pool(opts, _size), do: {:ok, opts}

  @doc "An error if this connection is one of several of a pool, and its database would be its own."
  @spec check_pool(keyword) :: :ok | {:error, Error.t()}
  def check_pool(opts) do
    size = opts[:pool_size]

    if opts[:pool_index] != nil and is_integer(size) and size > 1 and private_main?(opts) do
      why =
        "each connection would have its own database in memory: start the pool with EctoLibSql.start_link/1"

      {:error, Error.new(:invalid_argument, why)}
    else
      :ok
    end
  end

  defp private_main?(opts), do: opts[:uri] == nil and private?(opts[:database])

  defp shared({name, path, key}) do
    path = if private?(path), do: shared(), else: path
    {name, [database: path, encryption_key: if(key != "", do: key)]}
  end

  # A connection that is closed when the process that starts the pool ends, or when nobody has the pool's options.
  defp kept_open(path) do
    {:ok, conn} = EctoLibSql.native(Nif.open([{"database", path}], [], []))
    conn
  end

  # The engine's memdb waits for locks as it does with files, which its shared caches do not.
  defp shared, do: "file:/ecto_libsql_#{System.unique_integer([:positive])}?vfs=memdb"

  defp memory?(path, query),
    do: path in ["", ":memory:"] or query["mode"] == "memory" or query["vfs"] == "memdb"

  defp shared?("/" <> _, %{"vfs" => "memdb"}), do: true
  defp shared?(_path, %{"vfs" => "memdb"}), do: false
  defp shared?(_path, query), do: query["cache"] == "shared"

  defp parts("file:" <> uri) do
    [path | query] = uri |> String.split("#") |> hd() |> String.split("?", parts: 2)

    query =
      for pair <- query |> Enum.join() |> String.split("&"),
          [name, value] <- [String.split(pair, "=", parts: 2)],
          into: %{},
          do: {name, value}

    {String.replace_prefix(path, "//", ""), query}
  end

  defp parts(memory) when memory in [nil, :memory, ":memory:"], do: nil
  defp parts(path), do: path
end
