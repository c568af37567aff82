if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.InsertedQueries do
    @moduledoc false
    # The queries from which an `insert_all` takes rows or cells. Ecto does not prepare them.
    #
    # Times that they select are stored in the format of the columns they go into. An array in place of a list is
    # refused.

    alias Ecto.Adapters.LibSql.{
      ExpressionType,
      InExpression,
      QuerySql,
      SelectColumns,
      WrittenColumns
    }

    @doc "The rows of an `insert_all`, or the query that selects them, for the fields in `header`."
    @spec prepare!(module | nil, [atom], rows) :: rows
          when rows: [[{atom, term}]] | {struct, list}
    def prepare!(schema, header, {%Ecto.Query{} = query, params}) do
      first = WrittenColumns.first_parameter(query)
      :ok = InExpression.refuse_array_of_rows!(query, params, first)

      if schema,
        do: {selected(query, Enum.map(header, &ExpressionType.schema_type(schema, &1))), params},
        else: {query, params}
    end

    def prepare!(schema, _header, rows) do
      if Enum.any?(rows, &queries?/1), do: Enum.map(rows, &row(schema, &1)), else: rows
    end

    defp queries?([{_field, {%Ecto.Query{}, _params}} | _row]), do: true
    defp queries?([_cell | row]), do: queries?(row)
    defp queries?([]), do: false

    defp row(schema, row) do
      for {field, cell} <- row do
        case cell do
          {%Ecto.Query{}, _params} -> {field, prepare!(schema, [field], cell)}
          cell -> {field, cell}
        end
      end
    end

    defp selected(query, types) do
      sources = QuerySql.sources(query, [])

      combinations =
        for {kind, arm} <- query.combinations, do: {kind, selected(QuerySql.arm(arm, query), types)}

      fields =
        query.select.fields
        |> Enum.zip(types)
        |> Enum.map(fn {field, type} -> converted(field, type, sources, query) end)

      put_in(%{query | combinations: combinations}.select.fields, fields)
    end

    defp converted(field, type, sources, query) do
      expr = SelectColumns.expression(field)
      from = ExpressionType.type(expr, sources, query)

      if from != type and ExpressionType.one_format?(type) and ExpressionType.temporal?(from) do
        tagged = %Ecto.Query.Tagged{value: expr, tag: type, type: type}
        if expr == field, do: tagged, else: put_elem(field, 1, tagged)
      else
        field
      end
    end
  end
end
