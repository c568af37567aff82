if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.Returning do
    @moduledoc false
    # Generates the RETURNING clause for the select of `update_all` and `delete_all`. RETURNING can refer only to the
    # columns of the table that is written to, with their new values.
    #
    # A column of a joined source can be selected only in these cases:
    #
    #   * The source is the target's own table, or a subquery or CTE that selects from it, and is joined by the
    #     target's whole primary key: its row is the one that is written to. Columns that the statement changes have
    #     their new values.
    #   * The column is an id that an inner join or the condition makes equal to a column of the target that the
    #     statement does not change.
    #
    # Any other column is refused with `Ecto.QueryError`.

    alias Ecto.Adapters.LibSql.{ExpressionType, QuerySql, Quoting, SelectColumns}

    # For these types, equal values are identical, so one can be returned for the other.
    @ids [:id, :integer, :binary_id, :uuid]

    @doc "The RETURNING clause, or nothing."
    @spec to_sql(Ecto.Query.t(), tuple) :: iodata
    def to_sql(%{select: nil}, _sources), do: []

    def to_sql(query, sources) do
      {sql, _, schema} = elem(sources, 0)
      {table, _, _} = elem(query.sources, 0)
      query = update_in(query.select.fields, &targets(&1, sources, query))

      # RETURNING knows the table by its own name, not by its alias.
      hidden = sources |> Tuple.to_list() |> Enum.drop(1) |> Enum.map(&hide/1)
      sources = List.to_tuple([{sql, Quoting.name(table), schema} | hidden])
      columns = SelectColumns.of(query, [])
      sql = SelectColumns.to_sql(query, sources, columns)
      [" RETURNING ", sql | SelectColumns.comment(columns)]
    end

    defp hide({sql, _name, schema}), do: {sql, :out_of_reach, schema}
    defp hide(prefix), do: prefix

    # Replaces columns of joined sources by the identical columns of the target.
    defp targets(fields, sources, query) do
      equal = equal(query)

      Macro.prewalk(fields, fn
        {{:., _, [{kind, _, [_]} = source, field]}, _, []} = column when kind in [:&, :as] ->
          {ix, _} = ExpressionType.locate(source, sources, query)

          case ix != 0 && target(column, ix, field, equal, sources, query) do
            name when name in [nil, false] -> column
            name -> {{:., [], [{:&, [], [0]}, name]}, [], []}
          end

        other ->
          other
      end)
    end

    defp target(column, ix, field, equal, sources, query) do
      own_row(ix, field, equal, sources, query) || same_id(column, equal, sources, query)
    end

    defp own_row(ix, field, equal, sources, query) do
      with {path, name} <- own_column(elem(sources, ix), field, sources),
           [_ | _] = key <- QuerySql.primary_key(elem(sources, 0)),
           true <-
             Enum.all?(key, fn part ->
               Enum.any?(columns(equal, 0, part, sources, query), fn {of, field} ->
                 of == ix and own_column(elem(sources, of), field, sources) == {path, part}
               end)
             end) do
        name
      else
        _ -> nil
      end
    end

    # The column of the target's table that the source returns as `field`, and how the source reaches the table.
    defp own_column({_, _, {:query, %{combinations: []} = inner}}, field, sources) do
      with {{{:., _, [{:&, _, [ix]}, name]}, _, []}, inner_sources} <-
             ExpressionType.inner_field(inner, field),
           {path, name} <- own_column(elem(inner_sources, ix), name, sources) do
        {[ix | path], name}
      else
        _ -> nil
      end
    end

    defp own_column({_, _, {_, _}}, _field, _sources), do: nil

    defp own_column({sql, _, _}, field, sources) do
      if sql && sql == elem(elem(sources, 0), 0), do: {[], field}
    end

    defp same_id({{:., _, [source, field]}, _, []} = column, equal, sources, query) do
      {ix, _} = ExpressionType.locate(source, sources, query)
      type = ExpressionType.type(column, sources, query)

      changed = for %{expr: expr} <- query.updates, {_op, set} <- expr, {name, _} <- set, do: name

      if type in @ids do
        Enum.find_value(columns(equal, ix, field, sources, query), fn {of, name} ->
          if of == 0 and name not in changed and
               ExpressionType.field_type(elem(sources, 0), name) == type,
             do: name
        end)
      end
    end

    # The columns to which a column is equal, as `{source, field}`.
    defp columns(equal, ix, field, sources, query) do
      for {one, other} <- equal,
          {^ix, ^field} <- [located(one, sources, query)],
          of = located(other, sources, query),
          do: of
    end

    defp located({{:., _, [{kind, _, [_]} = source, field]}, _, []}, sources, query)
         when kind in [:&, :as] do
      {ix, _} = ExpressionType.locate(source, sources, query)
      {ix, field}
    end

    defp located(_expr, _sources, _query), do: nil

    # The equations that hold for every row that is written to, in both directions.
    defp equal(query) do
      joined = for %{qual: :inner, on: %{expr: on}} <- query.joins, do: on

      conditions =
        if Enum.all?(query.wheres, &(&1.op == :and)),
          do: Enum.map(query.wheres, & &1.expr),
          else: []

      for expr <- joined ++ conditions,
          {:==, _, [left, right]} <- conjuncts(expr),
          pair <- [{left, right}, {right, left}],
          do: pair
    end

    defp conjuncts({:and, _, [left, right]}), do: conjuncts(left) ++ conjuncts(right)
    defp conjuncts(expr), do: [expr]
  end
end
