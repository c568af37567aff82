if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.WriteSql do
    @moduledoc false
    # Generates UPDATE and DELETE statements from planned queries.
    #
    #   * `update_all` with joins becomes `UPDATE ... FROM`. Unless all joins are inner or cross joins of tables, the
    #     updated table is joined to itself by its key
    #   * `delete_all` with joins becomes `DELETE ... WHERE key IN (SELECT ...)`
    #
    # `Ecto.Adapters.LibSql.RowKey` says what the key is.
    #
    # `push:` and `pull:` work on JSON arrays. `pull:` removes every equal element. If the array is NULL, `pull:`
    # leaves it NULL, and `push:` treats it as empty.
    #
    # `Ecto.Adapters.LibSql.Returning` generates what they select.

    alias Ecto.Adapters.LibSql.{
      WrittenColumns,
      DecimalText,
      Expression,
      ExpressionType,
      JsonElement,
      QuerySql,
      Quoting,
      Returning,
      RowKey,
      TimeText
    }

    import Expression, only: [to_sql: 3, unsupported!: 2]

    import QuerySql,
      only: [
        conditions: 4,
        ctes: 2,
        from: 2,
        hints: 2,
        joins: 2,
        source: 4,
        sources: 2,
        where: 2
      ]

    @doc "The UPDATE statement of a query with updates."
    @spec update_all(Ecto.Query.t()) :: iodata
    def update_all(query) do
      sources = sources(query, [])
      {table, name, _} = elem(sources, 0)

      if direct?(query) do
        {froms, joined} = inner_joins(query, sources)

        [
          [ctes(query, sources), "UPDATE ", table, " AS ", name, hints(query.from.hints, query)],
          [" SET ", decimals(query, sources), updates(query, sources), froms],
          conditions(" WHERE ", joined, sources, query),
          # An OR among the query's own conditions must not bypass the join conditions.
          conditions(if(joined == [], do: " WHERE ", else: " AND "), query.wheres, sources, query),
          Returning.to_sql(query, sources)
        ]
      else
        [
          [ctes(query, sources), "UPDATE ", table, " AS ecto_target SET "],
          [decimals(query, sources), updates(query, sources)],
          [from(query, sources), joins(query, sources)],
          [" WHERE ", RowKey.same_row(name)],
          conditions(" AND ", query.wheres, sources, query),
          Returning.to_sql(query, sources)
        ]
      end
    end

    @doc "The DELETE statement of a query."
    @spec delete_all(Ecto.Query.t()) :: iodata
    def delete_all(%{joins: []} = query) do
      sources = sources(query, [])
      {table, name, _} = elem(sources, 0)

      [
        [ctes(query, sources), "DELETE FROM ", table, " AS ", name],
        [hints(query.from.hints, query), where(query, sources), Returning.to_sql(query, sources)]
      ]
    end

    def delete_all(query) do
      sources = sources(query, [])
      {table, name, _} = elem(sources, 0)

      [
        [ctes(query, sources), "DELETE FROM ", table, " WHERE ", RowKey.among_rows(name)],
        [from(query, sources), joins(query, sources), where(query, sources), ?)],
        Returning.to_sql(query, sources)
      ]
    end

    # A note for Ecto.Adapters.LibSql.WrittenColumns.
    defp decimals(query, sources) do
      written =
        for {op, field, value} <- WrittenColumns.updates(query),
            ExpressionType.field_type(elem(sources, 0), field) in [:decimal, nil] do
          name = if to_string(field) =~ ~r/\A\w+\z/u, do: to_string(field), else: "?"
          [if(op == :inc, do: "+", else: []), name, ?\s | parameter(value)]
        end

      if written == [], do: [], else: ["/* written: ", Enum.intersperse(written, ", "), " */ "]
    end

    # The number that Ecto gives the written parameter. An expression may write any parameter.
    defp parameter({:^, _, [ix]}), do: Integer.to_string(ix)
    defp parameter(_expression), do: "*"

    @doc "The assignments after SET."
    @spec updates(Ecto.Query.t(), tuple) :: iodata
    def updates(query, sources) do
      assignments =
        for %{expr: expr} <- query.updates, {op, fields} <- expr, {field, value} <- fields do
          [Quoting.name(field), " = ", update(op, field, value, sources, query)]
        end

      Enum.intersperse(assignments, ", ")
    end

    # The join conditions in FROM cannot refer to the updated table, but WHERE can.
    defp direct?(%{joins: joins}) do
      Enum.all?(joins, fn %{qual: qual, source: source} ->
        qual in [:inner, :cross] and not match?({:fragment, _, _}, source)
      end)
    end

    defp inner_joins(%{joins: []}, _sources), do: {[], []}

    defp inner_joins(%{joins: joins} = query, sources) do
      froms =
        Enum.map_intersperse(joins, ", ", fn %{ix: ix, source: source, hints: hints} ->
          [source(source, ix, sources, query), hints(hints, query)]
        end)

      conditions = for %{on: %{expr: on}} <- joins, on != true, do: %{expr: on, op: :and}
      {[" FROM ", froms], conditions}
    end

    # A time is written in the format of the column, whatever it was computed from.
    defp update(:set, field, value, sources, query) do
      value
      |> to_sql(sources, query)
      |> TimeText.converted(
        ExpressionType.type(value, sources, query),
        ExpressionType.field_type(elem(sources, 0), field)
      )
    end

    defp update(:inc, field, value, sources, query) do
      column = if query.joins == [], do: Quoting.name(field), else: target(field, sources)
      sum = [column, " + ", Expression.operand(value, sources, query)]

      if ExpressionType.field_type(elem(sources, 0), field) == :decimal,
        do: DecimalText.computed(column, sum),
        else: sum
    end

    defp update(:push, field, value, sources, query) do
      value = element(value, field, sources, query)
      [json(), "_insert(coalesce(", target(field, sources), ", '[]'), '$[#]', ", value, ?)]
    end

    # Each remaining element is copied as JSON text, because its value alone would not be JSON.
    defp update(:pull, field, value, sources, query) do
      array = target(field, sources)

      [
        ["CASE WHEN ", array, " IS NOT NULL THEN (SELECT ", json(), "_group_array(json("],
        [array, " -> e.fullkey)) FROM json_each(", array, ") AS e WHERE e.value IS NOT "],
        [element_value(value, field, sources, query), ") END"]
      ]
    end

    defp update(op, _field, _value, _sources, query), do: unsupported!(query, "update #{op}:")

    # The JSON function whose result has the same form as the arrays that the adapter's dumpers store.
    defp json, do: if(EctoLibSql.TypeOptions.get(:array_type) == :binary, do: "jsonb", else: "json")

    defp target(field, sources) do
      {_, name, _} = elem(sources, 0)
      [name, ?., Quoting.name(field)]
    end

    defp element(value, _field, _sources, _query) when is_boolean(value), do: "json('#{value}')"

    defp element(value, field, sources, query) do
      sql = to_sql(value, sources, query)

      case ExpressionType.field_type(elem(sources, 0), field) do
        {:array, :boolean} -> ["json(CASE ", sql, " WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)"]
        {:array, :map} -> ["json(", sql, ?)]
        {:array, {kind, _}} when kind in [:map, :array] -> ["json(", sql, ?)]
        {:array, type} -> with :same <- JsonElement.text(sql, type), do: sql
        _ -> sql
      end
    end

    # json_each returns objects and arrays as minified text.
    defp element_value(value, field, sources, query) do
      operand = Expression.operand(value, sources, query)

      case ExpressionType.field_type(elem(sources, 0), field) do
        {:array, kind} when kind == :map or is_tuple(kind) ->
          ["json(", to_sql(value, sources, query), ?)]

        {:array, type} ->
          with :same <- JsonElement.text(operand, type), do: operand

        _ ->
          operand
      end
    end
  end
end
