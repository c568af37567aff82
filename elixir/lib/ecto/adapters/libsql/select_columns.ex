if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.SelectColumns do
    @moduledoc """
    The columns of a SELECT or a RETURNING, and what their values are decoded to.

    In the select of a whole query some columns have names that tell `decode/1` what their values are:

    | column | selected | returned as |
    |---|---|---|
    | `$json` | a JSON path | JSON text: only so `true` differs from 1 |
    | `$decimal` | a computed decimal | text |
    | `$boolean` | `in`, `exists` | 1 and 0 |

    In a combination the arms have to agree: a column that is a JSON path in one of them and something else
    in another has SQLite's values.
    """

    alias Ecto.Adapters.LibSql.{Expression, ExpressionType, JsonPath, QuerySql, Quoting}

    @json_column "$json"
    @decimal_column "$decimal"
    @boolean_column "$boolean"
    # Ecto knows the type of all other decimals.
    @decimal_operators [:+, :-, :*, :/, :coalesce]

    @typedoc "How a column's values are returned; see above."
    @type column :: :json | :decimal | :boolean | :plain

    @doc "How the columns of a query that stands alone are returned, if its sources have this prefix."
    @spec of(Ecto.Query.t(), iodata) :: [column]
    def of(query, prefix) do
      arms = for arm <- arms(query), do: own_columns(arm, QuerySql.sources(arm, prefix))

      # The engine says so when they do not have the same number.
      case arms |> Enum.map(&length/1) |> Enum.uniq() do
        [_] -> Enum.zip_with(arms, &agreed/1)
        several -> List.duplicate(:plain, Enum.max(several))
      end
    end

    defp arms(%{combinations: combinations} = query) do
      [query | Enum.flat_map(combinations, fn {_, arm} -> arms(QuerySql.arm(arm, query)) end)]
    end

    @doc "Whether a column that is selected by a name of its own is called by another, see above."
    @spec decoded?(Macro.t(), tuple, Ecto.Query.t()) :: boolean
    # A combination can be ordered by names only.
    def decoded?(expr, sources, %{combinations: []} = query),
      do: own_column(expr, sources, query) in [:json, :decimal, :boolean]

    def decoded?(_expr, _sources, _query), do: false

    defp own_columns(query, sources) do
      Enum.map(query.select.fields, fn
        {name, expr} when is_atom(name) ->
          if decoded?(expr, sources, query), do: own_column(expr, sources, query), else: :plain

        expr ->
          own_column(expr, sources, query)
      end)
    end

    defp own_column({:json_extract_path, _, [_, _]}, _sources, _query), do: :json

    defp own_column({operator, _, _}, _sources, _query) when operator in [:in, :exists],
      do: :boolean

    defp own_column({:not, _, [{:in, _, _}]}, _sources, _query), do: :boolean
    defp own_column({:not, _, [{:exists, _, _}]}, _sources, _query), do: :boolean

    defp own_column({operator, _, _} = expr, sources, query) do
      cond do
        not ExpressionType.decimal?(expr, sources, query) -> :plain
        operator in @decimal_operators -> :decimal
        true -> :stored_decimal
      end
    end

    defp own_column(_expr, _sources, _query), do: :plain

    defp agreed(columns) do
      case Enum.uniq(columns) do
        [:stored_decimal] -> :plain
        [column] -> column
        several -> if several -- [:decimal, :stored_decimal] == [], do: :decimal, else: :plain
      end
    end

    @doc "The columns of a query whose rows go on to SQL."
    @spec plain(Ecto.Query.t()) :: [column]
    def plain(query), do: Enum.map(query.select.fields, fn _ -> :plain end)

    @doc "The result columns."
    @spec to_sql(Ecto.Query.t(), tuple, [column]) :: iodata
    def to_sql(%{select: %{fields: []}}, _sources, _columns), do: "1"

    def to_sql(%{select: %{fields: fields}} = query, sources, columns) do
      Enum.zip(fields, columns)
      |> Enum.map_intersperse(", ", fn {field, column} ->
        [value(field, sources, query, column), name(field, column)]
      end)
    end

    @doc "The value of a column."
    @spec value(Macro.t() | {atom | String.t(), Macro.t()}, tuple, Ecto.Query.t(), column) :: iodata
    def value({name, expr}, sources, query, column) when is_atom(name) and column != :plain,
      do: value(expr, sources, query, column)

    def value({:json_extract_path, _, [value, path]}, sources, query, :json) do
      JsonPath.json(path, value, &Expression.to_sql(&1, sources, query))
    end

    def value(expr, sources, query, :decimal) do
      ["CAST(", Expression.to_sql(expr, sources, query), " AS TEXT)"]
    end

    def value({:&, _, [_]}, _sources, query, _column) do
      Expression.unsupported!(query, "selecting a whole source without a schema: name the fields")
    end

    def value({key, value}, sources, query, _) when is_atom(key) or is_binary(key) do
      Expression.to_sql(value, sources, query)
    end

    def value(value, sources, query, _column), do: Expression.to_sql(value, sources, query)

    @doc "AS and the name of a column, or nothing."
    @spec name(Macro.t() | {atom | String.t(), Macro.t()}, column) :: iodata
    def name(_field, :json), do: [" AS " | Quoting.name(@json_column)]
    def name(_field, :decimal), do: [" AS " | Quoting.name(@decimal_column)]
    def name(_field, :boolean), do: [" AS " | Quoting.name(@boolean_column)]

    def name({key, _value}, :plain) when is_atom(key) or is_binary(key) do
      [" AS " | Quoting.name(key)]
    end

    def name(_value, :plain), do: []

    @doc "Decodes the rows of a result by the names of its columns."
    @spec decode(EctoLibSql.Result.t()) :: EctoLibSql.Result.t()
    def decode(%{columns: [_ | _] = columns, rows: [_ | _] = rows} = result) do
      decoders = Enum.map(columns, &decoder/1)

      if Enum.any?(decoders),
        do: %{result | rows: Enum.map(rows, &decode_row(&1, decoders))},
        else: result
    end

    def decode(result), do: result

    defp decoder(@json_column), do: &elem({:ok, _} = EctoLibSql.JSON.decode(&1), 1)
    defp decoder(@decimal_column), do: &Decimal.new/1
    defp decoder(@boolean_column), do: &(&1 == 1)
    defp decoder(_column), do: nil

    defp decode_row(row, decoders) do
      Enum.zip_with(row, decoders, fn
        value, decoder when is_nil(value) or is_nil(decoder) -> value
        text, decoder -> decoder.(text)
      end)
    end
  end
end
