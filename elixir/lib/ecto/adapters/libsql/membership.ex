if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.Membership do
    @moduledoc """
    `in`, and comparisons with `any/1` and `all/1`.

    | right of `in` | SQL |
    |---|---|
    | a list, of literals or parameters | `IN (...)` |
    | a field or parameter that holds an array | the elements of its JSON; unknown where it is NULL |
    | a subquery, or a fragment that is one | `IN (SELECT ...)` |

    SQLite has no quantifiers: `any/1` and `all/1` count what the comparison gives for each row.
    Decimals are compared as numbers, as everywhere.
    """

    alias Ecto.Adapters.LibSql.{Expression, ExpressionType, JSONB, QuerySql, Quoting}
    import Expression, only: [as_number: 2, comparable: 4, operand: 3, to_sql: 3]
    import ExpressionType, only: [decimal?: 3]

    @doc "The SQL of `left in right`."
    @spec in_sql(Macro.t(), Macro.t(), tuple, Ecto.Query.t()) :: iodata
    def in_sql(_left, [], _sources, _query), do: "0"
    def in_sql(_left, {:^, _, [_, 0]}, _sources, _query), do: "0"

    def in_sql(left, {:^, _, [ix, length]}, sources, query) do
      numeric = decimal?(left, sources, query)
      items = for n <- (ix + 1)..(ix + length), do: as_number(Quoting.parameter(n), numeric)
      list(comparable(left, numeric, sources, query), items)
    end

    def in_sql(left, right, sources, query) when is_list(right) do
      numeric = Enum.any?([left | right], &decimal?(&1, sources, query))
      items = Enum.map(right, &comparable(&1, numeric, sources, query))
      list(comparable(left, numeric, sources, query), items)
    end

    # Ecto hands a list of literals over as it would be stored in a column of arrays.
    def in_sql(left, json, sources, query) when is_binary(json) do
      {:ok, list} = EctoLibSql.JSON.decode(json)
      in_sql(left, literals(list, ExpressionType.type(left, sources, query)), sources, query)
    end

    def in_sql(left, {:blob, jsonb}, sources, query) do
      {:ok, list} = JSONB.decode(jsonb)
      in_sql(left, literals(list, ExpressionType.type(left, sources, query)), sources, query)
    end

    def in_sql(left, %Ecto.SubQuery{} = subquery, sources, query) do
      numeric = decimal?(left, sources, query) or selects_decimal?(subquery, sources, query)
      rows = to_sql(subquery, sources, query)
      in_rows(comparable(left, numeric, sources, query), " IN ", rows, numeric)
    end

    # A fragment in brackets is a list, one that selects a subquery. Any other is an array, as a field is.
    def in_sql(left, {:fragment, _, [{:raw, text} | _] = parts} = fragment, sources, query) do
      if Expression.select?(parts) or String.starts_with?(String.trim_leading(text), "(") do
        [operand(left, sources, query), " IN ", to_sql(fragment, sources, query)]
      else
        in_array(left, fragment, sources, query)
      end
    end

    def in_sql(left, array, sources, query), do: in_array(left, array, sources, query)

    @doc "The SQL of `left op any(subquery)` and `left op all(subquery)`."
    @spec quantified({atom, iodata}, :any | :all, Macro.t(), struct, tuple, Ecto.Query.t()) ::
            iodata
    def quantified({op, operator}, quantifier, left, subquery, sources, query) do
      numeric = decimal?(left, sources, query) or selects_decimal?(subquery, sources, query)
      rows = to_sql(subquery, sources, query)
      left = comparable(left, numeric, sources, query)

      case {op, quantifier} do
        {:==, :any} -> [?(, in_rows(left, " IN ", rows, numeric), ?)]
        {:!=, :all} -> [?(, in_rows(left, " NOT IN ", rows, numeric), ?)]
        _ -> counted(left, operator, quantifier, rows, numeric)
      end
    end

    defp list(left, items), do: [left, " IN (", Enum.intersperse(items, ?,), ?)]

    defp in_rows(left, operator, rows, false), do: [left, operator, rows]

    defp in_rows(left, operator, rows, true) do
      numbers = [" SELECT ", as_number("v", true), " FROM ecto_rows)"]
      [left, operator, "(WITH ecto_rows(v) AS ", rows | numbers]
    end

    # One that is not decided by a row that is true (or false) is unknown when a row is unknown.
    defp counted(left, operator, quantifier, rows, numeric) do
      verdict =
        case quantifier do
          :any -> "CASE WHEN max(c) THEN 1 WHEN count(*) > count(c) THEN NULL ELSE 0 END"
          :all -> "CASE WHEN NOT min(c) THEN 0 WHEN count(*) > count(c) THEN NULL ELSE 1 END"
        end

      [
        ["(WITH ecto_rows(v) AS ", rows, " SELECT ", verdict],
        [" FROM (SELECT ", left, operator, as_number("v", numeric), " AS c FROM ecto_rows))"]
      ]
    end

    # An array is JSON text. A missing one has no answer, as in other databases.
    defp in_array(left, array, sources, query) do
      element =
        case ExpressionType.type(array, sources, query) do
          {:array, element} -> element
          _ -> nil
        end

      numeric = element == :decimal or decimal?(left, sources, query)
      array = to_sql(array, sources, query)

      # In JSON a binary is a text.
      left =
        if element == :binary,
          do: ["CAST(", to_sql(left, sources, query), " AS TEXT)"],
          else: comparable(left, numeric, sources, query)

      [
        ["(CASE WHEN ", array, " IS NOT NULL THEN ", left, " IN (SELECT "],
        [as_number("value", numeric), " FROM json_each(", array, ")) END)"]
      ]
    end

    defp literals(list, :binary), do: Enum.map(list, &{:blob, &1})
    defp literals(list, _type), do: list

    defp selects_decimal?(%{query: inner}, sources, query) do
      inner = QuerySql.inside(inner, sources, query)

      case inner.select.fields do
        [{key, expr}] when is_atom(key) or is_binary(key) -> decimal_of?(expr, inner)
        [expr] -> decimal_of?(expr, inner)
        _ -> false
      end
    end

    defp decimal_of?(expr, inner), do: decimal?(expr, QuerySql.sources(inner, []), inner)
  end
end
