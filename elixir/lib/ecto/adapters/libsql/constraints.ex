defmodule Ecto.Adapters.LibSql.Constraints do
  @moduledoc false
  # Converts an error to the constraint names that changesets use, which the adapter's documentation lists.
  #
  # The exception is a map or struct. Its field `constraint`, if present, is a map that can contain `:kind` (`:unique`,
  # `:primary_key`, `:foreign_key`, `:check`, `:not_null`), `:name`, `:table` and `:columns`. Alternatively, `constraint` is
  # only the name, next to a field `kind`. Without either, SQLite's message is parsed.

  @doc "See `c:Ecto.Adapters.SQL.Connection.to_constraints/2`."
  @spec from_exception(map, keyword) :: keyword(String.t())
  def from_exception(exception, _opts) do
    case exception do
      %{constraint: %{kind: kind} = constraint} -> named(kind, constraint)
      %{kind: kind, constraint: name} when is_binary(name) -> named(kind, %{name: name})
      # It is unknown which foreign key was violated.
      %{constraint: nil, message: "FOREIGN KEY" <> _} -> []
      %{message: message} when is_binary(message) -> from_message(message)
      _ -> []
    end
  end

  defp named(kind, constraint) do
    name = present(Map.get(constraint, :name))
    table = present(Map.get(constraint, :table))
    columns = constraint |> Map.get(:columns) |> List.wrap() |> Enum.map(&to_string/1)

    case kind do
      :unique -> [unique: name || default_name(table, columns, "index")]
      :primary_key -> primary_key(name, table, columns)
      :foreign_key -> [foreign_key: name || default_name(table, Enum.take(columns, 1), "fkey")]
      :check -> if name, do: [check: name], else: []
      :not_null -> [check: name || default_name(table, columns, "not_null")]
      _ -> []
    end
    |> Enum.reject(fn {_, name} -> name in [nil, ""] end)
  end

  # A changeset has to name every constraint that is reported, so only one name is returned. It is not that of the
  # index that the engine may have created for the key, which the engine names itself.
  defp primary_key(name, table, columns),
    do: [unique: default_name(table, columns, "index") || name]

  defp default_name(nil, _columns, _kind), do: nil
  defp default_name(_table, [], _kind), do: nil
  defp default_name(table, columns, kind), do: Enum.join([table | columns] ++ [kind], "_")

  defp present(nil), do: nil
  defp present(""), do: nil
  defp present(name), do: to_string(name)

  @message ~r/(UNIQUE|CHECK|NOT NULL|FOREIGN KEY) constraint failed(?:: (.*))?/s

  defp from_message(message) do
    case Regex.run(@message, message) do
      [_, "UNIQUE", "index '" <> rest] -> [unique: String.replace(cut(rest), ~r/'$/, "")]
      [_, "UNIQUE", rest] -> unique(cut(rest))
      [_, "CHECK", rest] -> [check: cut(rest)]
      [_, "NOT NULL", rest] -> [check: String.replace(cut(rest), ".", "_") <> "_index"]
      [_, "FOREIGN KEY" | _] -> [foreign_key: :unknown]
      _ -> []
    end
  end

  defp unique(list) do
    case Regex.run(~r/\(index: ([^)]+)\)/, list) do
      [_, name] ->
        [unique: name]

      nil ->
        columns = list |> String.split(", ") |> Enum.map(&String.split(&1, ".", parts: 2))

        case columns do
          [[table, _] | _] ->
            named(:unique, %{table: table, columns: Enum.map(columns, &List.last/1)})

          _ ->
            []
        end
    end
  end

  # Some clients put the message in backticks, or append the statement to it.
  defp cut(text),
    do: text |> String.split("\n", parts: 2) |> hd() |> String.trim() |> String.trim("`")
end
