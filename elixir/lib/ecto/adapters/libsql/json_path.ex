defmodule Ecto.Adapters.LibSql.JsonPath do
  @moduledoc false
  # Generates the SQL of `json_extract_path/2` with paths of literals, parameters and columns.
  #
  # A path of literals is one constant in the usual notation, `$.id`, so that users' indexes on
  # `json_extract(meta, '$.id')` are used. A part that is an expression is appended when the statement runs: an
  # integer is an index, any other value a key.

  alias Ecto.Adapters.LibSql.Quoting

  @doc "The value at the path, or `NULL` if there is none; an object or array is JSON text."
  def extract(path, value, to_sql), do: call("json_extract", path, value, to_sql)

  @doc "The value at the path as JSON text, which distinguishes `true` from 1 and a text from an object."
  def json(path, value, to_sql), do: [?(, to_sql.(value), " -> ", path(path, to_sql), ?)]

  @doc "The name of the JSON type at the path."
  def type(path, value, to_sql), do: call("json_type", path, value, to_sql)

  defp call(function, path, value, to_sql) do
    [function, ?(, to_sql.(value), ", ", path(path, to_sql), ?)]
  end

  defp path(path, to_sql) do
    path
    |> Enum.map(&part(&1, to_sql))
    |> Enum.reduce([{:text, "$"}], &join/2)
    |> Enum.reverse()
    |> Enum.map_intersperse(" || ", fn
      {:text, text} -> Quoting.text(text)
      {:sql, sql} -> sql
    end)
    |> bracket()
  end

  defp join({:text, text}, [{:text, before} | rest]), do: [{:text, before <> text} | rest]
  defp join(part, parts), do: [part | parts]

  defp bracket([_] = sql), do: sql
  defp bracket(sql), do: [?(, sql, ?)]

  defp part(index, _) when is_integer(index) and index >= 0, do: {:text, "[#{index}]"}
  defp part(index, _) when is_integer(index), do: {:text, "[##{index}]"}

  defp part(key, _) when is_binary(key) do
    if key =~ ~r/\A[A-Za-z_][A-Za-z0-9_]*\z/,
      do: {:text, "." <> key},
      else: {:text, ".\"" <> escape(key) <> "\""}
  end

  defp part(expr, to_sql) do
    sql = to_sql.(expr)

    {:sql,
     [
       ["CASE typeof(", sql, ") WHEN 'integer' THEN '[' || ", sql, " || ']'"],
       [" ELSE '.\"' || replace(replace(", sql, ", '\\', '\\\\'), '\"', '\\u0022') || '\"' END"]
     ]}
  end

  # A quote is not written as \", because SQLite before 3.47 ends the key there.
  defp escape(key) do
    key |> String.replace("\\", "\\\\") |> String.replace("\"", "\\u0022")
  end
end
