defmodule EctoLibSql.DatabaseLocation do
  @moduledoc false
  # Where the option `:database` says that the database is.

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

  defp memory?(path, query),
    do: path in ["", ":memory:"] or query["mode"] == "memory" or query["vfs"] == "memdb"

  defp shared?("/" <> _, %{"vfs" => "memdb"}), do: true
  defp shared?(_path, %{"vfs" => "memdb"}), do: false
  defp shared?(_path, query), do: query["cache"] == "shared"

  defp parts("file:" <> uri) do
    [path | query] = uri |> String.split("#") |> hd() |> String.split("?", parts: 2)
    {String.replace_prefix(path, "//", ""), query |> Enum.join() |> URI.decode_query()}
  end

  defp parts(memory) when memory in [nil, :memory, ":memory:"], do: nil
  defp parts(path), do: path
end
