if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.QuerySql do
    @moduledoc false
    # Generates SELECT statements from planned queries, and the clauses that UPDATE and DELETE share with them.
    #
    # Rewritten for SQLite:
    #
    #   * `distinct: [exprs]` (DISTINCT ON) becomes the first row of each partition by `row_number()`
    #   * an arm of a combination that has its own order, limit, CTEs or combinations becomes a subquery
    #   * `offset` without `limit` becomes `LIMIT -1 OFFSET ...`
    #   * a lateral join of a fragment (a table-valued function) becomes an ordinary join
    #
    # Refused with `Ecto.QueryError`: locks, `with_ties`, `except_all`, `intersect_all`, lateral joins of
    # subqueries, hints other than `INDEXED BY` and `NOT INDEXED`, and CTEs that write.

    alias Ecto.Adapters.LibSql.{Expression, ExpressionType, Notes, Quoting, SelectColumns}
    import Expression, only: [to_sql: 3, unsupported!: 2]

    @parent __MODULE__

    @doc "The SELECT of a top-level query."
    @spec all(Ecto.Query.t()) :: iodata
    def all(query) do
      columns = SelectColumns.of(query, [])
      [select_statement(query, [], columns) | SelectColumns.comment(columns)]
    end

    @doc "The SELECT of a query whose rows are inserted into a table."
    @spec rows(Ecto.Query.t()) :: iodata
    def rows(query), do: select_statement(query, [], SelectColumns.plain(query))

    @doc "The SELECT of a query inside another one, in brackets."
    @spec nested(Ecto.Query.t(), tuple, Ecto.Query.t()) :: iodata
    def nested(query, sources, parent) do
      query = inside(query, sources, parent)
      [?(, select_statement(query, nested_prefix(sources), SelectColumns.plain(query)), ?)]
    end

    @doc "A query nested in another one, so that `parent_as/1` finds the sources of the outer query."
    @spec inside(Ecto.Query.t(), tuple, Ecto.Query.t()) :: Ecto.Query.t()
    def inside(query, sources, parent), do: put_in(query.aliases[@parent], {parent, sources})

    @doc "An arm of a combination, nested in the same outer query as `query`."
    @spec arm(Ecto.Query.t(), Ecto.Query.t()) :: Ecto.Query.t()
    def arm(arm, query), do: put_in(arm.aliases[@parent], query.aliases[@parent])

    @doc "The WHERE clause of the query, or nothing."
    @spec where(Ecto.Query.t(), tuple) :: iodata
    def where(query, sources), do: conditions(" WHERE ", query.wheres, sources, query)

    @doc """
    The names of the query's sources: `{sql, alias, schema}` for each, then the prefix of the aliases.

    `sql` is `nil` for a source that is an expression. Instead of the schema, a subquery or CTE has `{:query, inner}`,
    and a `values/2` list has `{:values, types}`.
    """
    @spec sources(Ecto.Query.t(), iodata) :: tuple
    def sources(%{sources: sources} = query, prefix) do
      names =
        for ix <- 0..(tuple_size(sources) - 1)//1 do
          case elem(sources, ix) do
            {:fragment, _, _} -> {nil, [prefix, ?f, "#{ix}"], nil}
            {:values, _, [types | _]} -> {nil, [prefix, ?f, "#{ix}"], {:values, types}}
            %Ecto.SubQuery{} -> {nil, [prefix, ?s, "#{ix}"], {:query, subquery(query, ix)}}
            {{_, _, _}, schema, _} -> {nil, [prefix, ?f, "#{ix}"], schema}
            {table, nil, nil} -> table_source(table, cte_of(query, table), nil, prefix, ix)
            {table, schema, in_database} -> table_source(table, schema, in_database, prefix, ix)
          end
        end

      List.to_tuple(names ++ [prefix])
    end

    @doc "The columns of the primary key, if the source has a schema."
    @spec primary_key(tuple) :: [atom]
    def primary_key({_, _, schema}) when is_atom(schema) and not is_nil(schema),
      do: for(field <- schema.__schema__(:primary_key), do: schema.__schema__(:field_source, field))

    def primary_key(_source), do: []

    @doc "Locates the source `name` of a parent query: `{index, sources}`."
    @spec parent(Ecto.Query.t(), atom) :: {non_neg_integer, tuple}
    def parent(query, name) do
      case query.aliases[@parent] do
        {%{aliases: %{^name => ix}}, sources} ->
          {ix, sources}

        {parent, _sources} ->
          parent(parent, name)

        nil ->
          unsupported!(
            query,
            "parent_as(#{inspect(name)}), because no enclosing query has a source of that name"
          )
      end
    end

    defp table_source(table, schema, in_database, prefix, ix) do
      letter =
        case table do
          <<first, _::binary>> when first in ?a..?z or first in ?A..?Z -> first
          _ -> ?t
        end

      {Quoting.name(in_database, table), [prefix, letter, Integer.to_string(ix)], schema}
    end

    # Ecto leaves `sources` as first planned; only FROM and the joins contain the final query.
    defp subquery(query, ix) do
      source =
        if ix == 0,
          do: query.from.source,
          else: Enum.find_value(query.joins, &(&1.ix == ix && &1.source))

      arm(source.query, query)
    end

    # The CTE of this name in the query or an enclosing one, as `{:query, inner}`. It sees the CTEs before it.
    defp cte_of(%{with_ctes: with_ctes} = query, name) do
      {before, rest} = Enum.split_while(queries(with_ctes), &(elem(&1, 0) != name))

      case {rest, query.aliases[@parent]} do
        {[cte | _], _} ->
          seen = put_in(query.with_ctes.queries, before)
          seen = %{seen | aliases: Map.take(query.aliases, [@parent])}

          case elem(cte, tuple_size(cte) - 1) do
            %Ecto.Query{} = inner -> {:query, inside(inner, {}, seen)}
            _fragment -> nil
          end

        {[], {parent, _sources}} ->
          cte_of(parent, name)

        {[], nil} ->
          nil
      end
    end

    defp queries(%{queries: queries}), do: queries
    defp queries(nil), do: []

    # The alias prefix of a nested query extends that of the enclosing queries, so that no alias hides another.
    defp nested_prefix(sources), do: [?s, elem(sources, tuple_size(sources) - 1)]

    ## SELECT

    defp select_statement(%{lock: lock} = query, _prefix, _columns) when not is_nil(lock) do
      unsupported!(query, "lock")
    end

    defp select_statement(query, prefix, columns) do
      sources = sources(query, prefix)
      columns = SelectColumns.compared(query, prefix, columns)

      case combination_order(query, prefix, sources) do
        nil ->
          [
            ctes(query, sources),
            select_core(query, sources, columns),
            combinations(query, prefix, columns),
            order_by(query, sources),
            limit(query, sources)
          ]

        order ->
          ordered_combination(query, prefix, sources, columns, order)
      end
    end

    # A combination can be ordered only by its columns, not by expressions on them. If expressions are needed, the
    # columns get names and the combination is wrapped in another SELECT.
    defp ordered_combination(query, prefix, sources, columns, order) do
      fields = Enum.with_index(query.select.fields)

      inner =
        fields
        |> SelectColumns.paired(columns)
        |> Enum.map_intersperse(", ", fn {{field, n}, column} ->
          [SelectColumns.value(field, sources, query, column), " AS c#{n}"]
        end)

      outer =
        Enum.map_intersperse(fields, ", ", fn {field, n} -> ["c#{n}", SelectColumns.name(field)] end)

      [
        [ctes(query, sources), "SELECT ", outer, " FROM (SELECT ", distinct(query), inner],
        [select_tail(query, sources), combinations(query, prefix, columns), ") ORDER BY "],
        [Enum.intersperse(order, ", "), limit(query, sources)]
      ]
    end

    # The terms of the order, if a term is not a column in its stored form: decimals, or times of several types.
    defp combination_order(%{combinations: [_ | _], order_bys: [_ | _]} = query, prefix, sources) do
      types = SelectColumns.arm_types(query, prefix)

      terms =
        for %{expr: exprs} <- query.order_bys, {direction, expr} <- exprs do
          n = position(expr, query, sources)
          {direction, n, ExpressionType.form(if(n, do: Enum.at(types, n, []), else: []))}
        end

      unless Enum.all?(terms, fn {_, _, form} -> form == :stored end) do
        for {direction, n, form} <- terms do
          n ||
            unsupported!(query, "ordering a combination by an expression that it does not select")

          Expression.ordered(direction, "c#{n}", form)
        end
      end
    end

    defp combination_order(_query, _prefix, _sources), do: nil

    # The index of the selected field that an order term refers to. A fragment may name it or give its number.
    defp position({:selected_as, _, [name]}, %{select: %{fields: fields}}, _sources),
      do: Enum.find_index(fields, &match?({^name, _}, &1))

    defp position({:fragment, _, [raw: text]}, %{select: %{fields: fields}}, _sources) do
      case Regex.run(~r/\A\s*(?:(\d+)|"?(\w+)"?)\s*\z/u, text, capture: :all_but_first) do
        [n] -> if String.to_integer(n) in 1..length(fields), do: String.to_integer(n) - 1
        ["", name] -> Enum.find_index(fields, &(field_name(&1) == name))
        nil -> nil
      end
    end

    defp position(expr, %{select: %{fields: fields}} = query, sources) do
      term = sql(expr, sources, query)
      Enum.find_index(fields, &(sql(SelectColumns.expression(&1), sources, query) == term))
    end

    defp sql(expr, sources, query), do: expr |> to_sql(sources, query) |> IO.iodata_to_binary()

    defp field_name({{:., _, [_source, field]}, _, []}), do: to_string(field)
    defp field_name({key, _expr}) when is_atom(key) or is_binary(key), do: to_string(key)
    defp field_name(_expr), do: nil

    defp select_core(%{distinct: %{expr: [_ | _]}} = query, sources, columns) do
      distinct_on(query, sources, columns)
    end

    defp select_core(query, sources, columns) do
      [
        "SELECT ",
        distinct(query),
        SelectColumns.to_sql(query, sources, columns) | select_tail(query, sources)
      ]
    end

    defp distinct(%{distinct: %{expr: true}}), do: "DISTINCT "
    defp distinct(_query), do: []

    defp select_tail(query, sources) do
      [
        from(query, sources),
        joins(query, sources),
        where(query, sources),
        group_by(query, sources),
        conditions(" HAVING ", query.havings, sources, query),
        windows(query, sources)
      ]
    end

    # The rows of each partition are numbered in the order that decides which one is first. The order of the whole
    # statement uses columns of the inner query, because the outer query cannot reach the inner sources.
    defp distinct_on(%{combinations: [_ | _]} = query, _sources, _columns) do
      unsupported!(query, "DISTINCT ON together with a combination")
    end

    defp distinct_on(query, sources, columns) do
      order = distinct_order(query)

      partition =
        Enum.map_intersperse(query.distinct.expr, ", ", &to_sql(elem(&1, 1), sources, query))

      number = [
        "row_number() OVER (PARTITION BY ",
        partition,
        order_terms(order, sources, query),
        ?)
      ]

      fields = query.select.fields

      inner =
        Enum.map(Enum.with_index(SelectColumns.paired(fields, columns)), fn {{field, column}, n} ->
          [SelectColumns.value(field, sources, query, column), " AS d#{n}, "]
        end)

      keys =
        Enum.map(Enum.with_index(order), fn {{_, expr}, n} ->
          [", ", to_sql(expr, sources, query), " AS o#{n}"]
        end)

      outer =
        fields
        |> Enum.with_index()
        |> Enum.map_intersperse(", ", fn {field, n} ->
          ["d#{n}", SelectColumns.name(field)]
        end)

      [
        ["SELECT ", outer, " FROM (SELECT ", inner, number, " AS ecto_number", keys],
        [select_tail(query, sources), ") WHERE ecto_number = 1"]
      ]
    end

    defp distinct_order(%{distinct: %{expr: distinct}} = query) do
      order = Enum.flat_map(query.order_bys, & &1.expr)

      if Enum.any?(order, &match?({_, {:selected_as, _, _}}, &1)) do
        unsupported!(query, "ordering by selected_as together with DISTINCT ON")
      end

      merge_order(distinct, order)
    end

    defp merge_order([term | distinct], [term | order]), do: [term | merge_order(distinct, order)]
    defp merge_order(distinct, order), do: distinct ++ order

    defp order_terms([], _sources, _query), do: []

    defp order_terms(terms, sources, query) do
      [" ORDER BY ", Enum.map_intersperse(terms, ", ", &Expression.order(&1, sources, query))]
    end

    @doc "The WITH clause, or nothing."
    def ctes(%{with_ctes: %{queries: [_ | _] = queries} = with_ctes} = query, sources) do
      recursive = if with_ctes.recursive, do: "RECURSIVE ", else: []
      ["WITH ", recursive, Enum.map_intersperse(queries, ", ", &cte(&1, sources, query)), ?\s]
    end

    def ctes(_query, _sources), do: []

    # Ecto 3.12 passes pairs for CTEs without options.
    defp cte({name, cte}, sources, query), do: cte({name, %{}, cte}, sources, query)

    defp cte({name, opts, cte}, sources, query) do
      operation = opts[:operation] || :all

      if operation != :all do
        unsupported!(query, "the CTE #{inspect(name)} with the operation #{inspect(operation)}")
      end

      materialized =
        case opts[:materialized] do
          nil -> []
          true -> "MATERIALIZED "
          false -> "NOT MATERIALIZED "
        end

      [Quoting.name(name), " AS ", materialized, cte_body(cte, sources, query)]
    end

    defp cte_body(%Ecto.Query{} = cte, sources, query), do: nested(cte, sources, query)

    defp cte_body(%{expr: fragment}, sources, query) do
      sql = IO.iodata_to_binary(to_sql(fragment, sources, query))
      if String.starts_with?(sql, "("), do: sql, else: [?(, sql, ?)]
    end

    @doc "The FROM clause with its hints."
    def from(%{from: %{source: source, hints: hints}} = query, sources) do
      [" FROM ", source(source, 0, sources, query), hints(hints, query)]
    end

    @doc "One source with its alias."
    def source(source, ix, sources, query) do
      case elem(sources, ix) do
        {nil, name, _} -> [source_sql(source, sources, query), " AS ", name]
        {table, name, _} -> [table, " AS ", name]
      end
    end

    defp source_sql({{_, _, _} = expr, _schema}, sources, query), do: to_sql(expr, sources, query)
    defp source_sql(source, sources, query), do: to_sql(source, sources, query)

    @doc "Index hints."
    def hints(hints, query) do
      for hint <- hints do
        if is_binary(hint) and hint =~ ~r/^\s*(INDEXED\s+BY|NOT\s+INDEXED)\b/i do
          [?\s, Notes.foreign(hint)]
        else
          unsupported!(query, "the hint #{inspect(hint)}: use INDEXED BY or NOT INDEXED")
        end
      end
    end

    @doc "The joins, or nothing."
    def joins(%{joins: joins} = query, sources) do
      for %{qual: qual, ix: ix, source: source, hints: hints} = join <- joins do
        on = Map.get(join.on, :expr)

        [
          [?\s, join_kind(qual, source, query), source(source, ix, sources, query)],
          [hints(hints, query), join_on(qual, on, sources, query)]
        ]
      end
    end

    defp join_on(qual, true, _, _) when qual in [:cross, :cross_lateral], do: []
    defp join_on(_qual, on, sources, query), do: [" ON ", to_sql(on, sources, query)]

    defp join_kind(:inner, _, _), do: "INNER JOIN "
    defp join_kind(:left, _, _), do: "LEFT OUTER JOIN "
    defp join_kind(:right, _, _), do: "RIGHT OUTER JOIN "
    defp join_kind(:full, _, _), do: "FULL OUTER JOIN "
    defp join_kind(:cross, _, _), do: "CROSS JOIN "
    defp join_kind(:inner_lateral, {:fragment, _, _}, _), do: "INNER JOIN "
    defp join_kind(:left_lateral, {:fragment, _, _}, _), do: "LEFT OUTER JOIN "
    defp join_kind(:cross_lateral, {:fragment, _, _}, _), do: "CROSS JOIN "
    defp join_kind(qual, _, query), do: unsupported!(query, "#{qual}_join")

    defp group_by(%{group_bys: group_bys} = query, sources) do
      case Enum.flat_map(group_bys, & &1.expr) do
        [] -> []
        exprs -> [" GROUP BY ", Enum.map_intersperse(exprs, ", ", &to_sql(&1, sources, query))]
      end
    end

    defp windows(%{windows: []}, _sources), do: []

    defp windows(%{windows: windows} = query, sources) do
      definitions =
        Enum.map_intersperse(windows, ", ", fn {name, %{expr: definition}} ->
          [Quoting.name(name), " AS ", Expression.window(definition, sources, query)]
        end)

      [" WINDOW ", definitions]
    end

    defp order_by(%{distinct: %{expr: [_ | _]}} = query, sources) do
      terms =
        query
        |> distinct_order()
        |> Enum.with_index()
        |> Enum.map_intersperse(", ", fn {{direction, expr}, n} ->
          Expression.ordered(direction, "o#{n}", ExpressionType.form([expr], sources, query))
        end)

      [" ORDER BY ", terms]
    end

    defp order_by(query, sources) do
      order_terms(Enum.flat_map(query.order_bys, & &1.expr), sources, query)
    end

    defp limit(%{limit: %{with_ties: true}} = query, _sources),
      do: unsupported!(query, "with_ties")

    defp limit(%{limit: nil, offset: nil}, _sources), do: []
    defp limit(%{limit: nil} = query, sources), do: [" LIMIT -1" | offset(query, sources)]

    defp limit(%{limit: %{expr: expr}} = query, sources) do
      [" LIMIT ", to_sql(expr, sources, query) | offset(query, sources)]
    end

    defp offset(%{offset: nil}, _sources), do: []

    defp offset(%{offset: %{expr: expr}} = query, sources) do
      [" OFFSET ", to_sql(expr, sources, query)]
    end

    defp combinations(%{combinations: combinations} = query, prefix, columns) do
      for {kind, arm} <- combinations do
        arm = arm(arm, query)
        sql = select_statement(arm, prefix, columns)
        [combination(kind, query), if(simple?(arm), do: sql, else: ["SELECT * FROM (", sql, ?)])]
      end
    end

    defp combination(:union, _query), do: " UNION "
    defp combination(:union_all, _query), do: " UNION ALL "
    defp combination(:except, _query), do: " EXCEPT "
    defp combination(:intersect, _query), do: " INTERSECT "
    defp combination(kind, query), do: unsupported!(query, "#{kind}")

    defp simple?(%{order_bys: [], limit: nil, offset: nil, combinations: []} = query) do
      not match?(%{queries: [_ | _]}, query.with_ctes) and
        not match?(%{expr: [_ | _]}, query.distinct)
    end

    defp simple?(_query), do: false

    @doc "Conditions after a keyword, or nothing."
    def conditions(_keyword, [], _sources, _query), do: []

    def conditions(keyword, [%{expr: expr, op: op} | rest], sources, query) do
      first = [?(, to_sql(expr, sources, query), ?)]

      {_, sql} =
        Enum.reduce(rest, {op, first}, fn %{expr: expr, op: op}, {before, sql} ->
          sql = if op == before, do: sql, else: [?(, sql, ?)]
          {op, [sql, boolean_operator(op), ?(, to_sql(expr, sources, query), ?)]}
        end)

      # After AND, an OR needs brackets.
      if keyword == " AND " and rest != [], do: [keyword, ?(, sql, ?)], else: [keyword, sql]
    end

    defp boolean_operator(:and), do: " AND "
    defp boolean_operator(:or), do: " OR "
  end
end
