if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.Insert do
    @moduledoc false
    # Generates INSERT statements, and UPDATE and DELETE statements for one row.
    #
    # SQLite has no `DEFAULT` inside `VALUES`. A column for which no row has a value is left out, so it gets its
    # default. Rows that lack *different* columns do not fit into one statement: `insert/7` refuses them.
    # `Ecto.Adapters.LibSql.InsertChunks` splits such rows into several statements, which the adapter runs in one
    # transaction.

    alias Ecto.Adapters.LibSql.{QuerySql, Quoting, WriteSql}

    @doc "See `c:Ecto.Adapters.SQL.Connection.insert/7`."
    def insert(prefix, table, header, rows, :raise, returning, placeholders),
      do: insert(prefix, table, header, rows, {:raise, [], []}, returning, placeholders)

    def insert(prefix, table, header, rows, {:replace_all, _, target}, returning, placeholders),
      do: insert(prefix, table, header, rows, {header, [], target}, returning, placeholders)

    def insert(prefix, table, header, rows, on_conflict, returning, placeholders) do
      {header, rows} = without_defaults(header, rows)
      target = ["INSERT INTO ", Quoting.name(prefix, table), as(on_conflict)]

      [
        target,
        values(header, rows, on_conflict, placeholders),
        on_conflict(on_conflict),
        returning(returning)
      ]
    end

    @doc "See `c:Ecto.Adapters.SQL.Connection.update/5`."
    def update(prefix, table, fields, filters, returning) do
      sets = Enum.map_intersperse(fields, ", ", &[Quoting.name(&1), " = ?"])

      [
        ["UPDATE ", Quoting.name(prefix, table), " SET ", sets, " WHERE ", filters(filters)],
        returning(returning)
      ]
    end

    @doc "See `c:Ecto.Adapters.SQL.Connection.delete/4`."
    def delete(prefix, table, filters, returning) do
      [
        ["DELETE FROM ", Quoting.name(prefix, table), " WHERE ", filters(filters)],
        returning(returning)
      ]
    end

    defp filters(filters) do
      Enum.map_intersperse(filters, " AND ", fn
        {field, nil} -> [Quoting.name(field), " IS NULL"]
        {field, _value} -> [Quoting.name(field), " = ?"]
      end)
    end

    defp without_defaults(header, %{} = query), do: {header, query}

    defp without_defaults(header, rows) do
      if lacking?(rows), do: drop_lacking(header, rows), else: {header, rows}
    end

    defp lacking?([row | rows]), do: :lists.member(nil, row) or lacking?(rows)
    defp lacking?([]), do: false

    defp drop_lacking(header, rows) do
      lacking =
        header
        |> Enum.with_index()
        |> Enum.filter(fn {_, n} -> Enum.any?(rows, &is_nil(Enum.at(&1, n))) end)

      drop_defaults(header, rows, lacking)
    end

    defp drop_defaults(header, rows, lacking) do
      for {field, n} <- lacking, not Enum.all?(rows, &is_nil(Enum.at(&1, n))) do
        raise ArgumentError,
              "SQLite has no DEFAULT in VALUES, but some rows of this insert_all lack #{inspect(field)}: " <>
                "give all rows a value for it, or none"
      end

      dropped = MapSet.new(lacking, &elem(&1, 1))
      kept = fn list -> for {x, n} <- Enum.with_index(list), n not in dropped, do: x end
      {kept.(header), Enum.map(rows, kept)}
    end

    defp as({%{sources: _} = query, _, _}) do
      {_, name, _} = elem(QuerySql.sources(query, []), 0)
      [" AS ", name]
    end

    defp as(_on_conflict), do: []

    # The grammar allows neither several rows nor ON CONFLICT after DEFAULT VALUES.
    defp values([], [_], {:raise, _, _}, _placeholders), do: " DEFAULT VALUES"

    defp values([], rows, _on_conflict, _placeholders) when is_list(rows) do
      [" (_rowid_) VALUES ", Enum.map_intersperse(rows, ?,, fn _ -> "(NULL)" end)]
    end

    defp values(header, %{} = query, on_conflict, _placeholders) do
      [" (", Quoting.names(header), ") ", select(query, on_conflict)]
    end

    defp values(header, rows, _on_conflict, placeholders) do
      numbered = match?([_], rows) or placeholders != [] or queries?(rows)
      [" (", Quoting.names(header), ") VALUES ", rows(rows, numbered, length(placeholders) + 1)]
    end

    # Plain `?` is used, because many numbered parameters cost the engine time. All rows have the same text.
    defp rows([row | rows], false, _first) do
      row = IO.iodata_to_binary([?(, Enum.map_intersperse(row, ?,, fn _ -> ?? end), ?)])
      [row, :binary.copy("," <> row, length(rows))]
    end

    defp rows(rows, true, first) do
      {rows, _} =
        Enum.map_reduce(rows, first, fn row, next ->
          {cells, next} = Enum.map_reduce(row, next, &cell/2)
          {[?(, Enum.intersperse(cells, ", "), ?)], next}
        end)

      Enum.intersperse(rows, ?,)
    end

    # Whether any cell is a query or a placeholder instead of a plain value.
    defp queries?([[] | rows]), do: queries?(rows)
    defp queries?([[cell | _] | _]) when is_tuple(cell), do: true
    defp queries?([[_ | row] | rows]), do: queries?([row | rows])
    defp queries?([]), do: false

    defp cell({:placeholder, n}, next), do: {[?? | to_string(n)], next}
    defp cell({%{} = query, count}, next), do: {[?(, QuerySql.rows(query), ?)], next + count}
    defp cell(_field, next), do: {Quoting.parameter(next), next + 1}

    defp select(query, {:raise, _, _}), do: QuerySql.rows(query)

    # Without a WHERE, the parser takes the ON of ON CONFLICT as a join condition.
    defp select(%{combinations: [], wheres: []} = query, _on_conflict) do
      QuerySql.rows(%{query | wheres: [%{expr: true, op: :and}]})
    end

    defp select(%{combinations: []} = query, _on_conflict), do: QuerySql.rows(query)
    defp select(query, _), do: ["SELECT * FROM (", QuerySql.rows(query), ") WHERE 1"]

    defp on_conflict({:raise, _, []}), do: []

    defp on_conflict({:nothing, _, target}) do
      [" ON CONFLICT ", conflict_target(target), "DO NOTHING"]
    end

    defp on_conflict({fields, _, target}) when is_list(fields) do
      sets =
        Enum.map_intersperse(fields, ", ", fn field ->
          name = Quoting.name(field)
          [name, " = excluded.", name]
        end)

      [" ON CONFLICT ", conflict_target(target), "DO UPDATE SET ", sets]
    end

    defp on_conflict({query, _, target}) do
      sources = QuerySql.sources(query, [])

      if query.joins != [] or match?(%{queries: [_ | _]}, query.with_ctes) do
        raise Ecto.QueryError,
          query: query,
          message: "SQLite does not support joins or CTEs in an on_conflict query"
      end

      [
        [" ON CONFLICT ", conflict_target(target), "DO UPDATE SET "],
        [WriteSql.updates(query, sources), QuerySql.where(query, sources)]
      ]
    end

    defp conflict_target([]), do: []
    defp conflict_target({:unsafe_fragment, fragment}), do: [fragment, ?\s]

    # Ecto passes the constraint in a list.
    defp conflict_target([{:constraint, _} = constraint]), do: conflict_target(constraint)

    defp conflict_target({:constraint, name}) do
      raise ArgumentError,
            "SQLite does not support a constraint as conflict target (#{inspect(name)}): name the columns of the " <>
              "unique index (`conflict_target: [:email]`). For an index with a condition or expressions, write " <>
              "`conflict_target: {:unsafe_fragment, \"(lower(email)) WHERE active\"}`"
    end

    defp conflict_target(fields) do
      for field <- List.wrap(fields), not (is_binary(field) or is_atom(field)) do
        raise ArgumentError,
              "a conflict target must be a list of columns or {:unsafe_fragment, sql}, got: #{inspect(fields)}"
      end

      [?(, Quoting.names(fields), ") "]
    end

    defp returning([]), do: []
    defp returning({:unsafe_fragment, fragment}), do: [" RETURNING ", fragment]
    defp returning(fields), do: [" RETURNING ", Quoting.names(fields)]
  end
end
