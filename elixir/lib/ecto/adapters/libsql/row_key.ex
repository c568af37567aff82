if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.RowKey do
    @moduledoc false
    # The key by which `update_all` and `delete_all` with joins find the rows of their target.
    #
    # The SQL is generated before the table is known, and uses the rowid unless the schema has another primary key. A
    # note in the statement says so. Before such a statement is first run, the table is looked up: in one without rowids
    # the rows are found by its primary key, in a view by that of the schema.

    alias Ecto.Adapters.LibSql.{Notes, QuerySql, Quoting}

    @rowid "_rowid_"
    @note "by rowid: "

    @doc "The columns of the target's key, and the note that belongs before a condition by it."
    @spec of(tuple) :: {[iodata], iodata}
    def of({_, name, _} = source) do
      case QuerySql.primary_key(source) do
        # A single :id is an alias of the rowid, or may not be a key at all.
        key when key in [[], [:id]] -> {[@rowid], ["/* ", @note, name, " */ "]}
        fields -> {Enum.map(fields, &Quoting.name/1), []}
      end
    end

    @doc "The condition that a row of `name` is that of the target of an UPDATE."
    @spec same_row([iodata], iodata) :: iodata
    def same_row([@rowid], name), do: ["ecto_target._rowid_ = ", name, "._rowid_"]

    # A key that is not INTEGER can be NULL, so IS is used.
    def same_row(key, name) do
      Enum.map_intersperse(key, " AND ", &["ecto_target.", &1, " IS ", name, ?., &1])
    end

    @doc "The condition of a DELETE that the target's key is among those of rows of `name`, up to their source."
    @spec among_rows([iodata], iodata) :: iodata
    def among_rows(key, name) do
      columns = if match?([_], key), do: key, else: [?(, Enum.intersperse(key, ", "), ?)]
      [columns, " IN (SELECT ", Enum.map_intersperse(key, ", ", &[name, ?., &1])]
    end

    @doc "The statement of a prepared query, with the key that its table has."
    @spec resolve(map, map, tuple) :: tuple
    def resolve(meta, query_meta, {:cache, update, {id, sql}}),
      do: {:cache, update, {id, resolved(meta, query_meta, sql)}}

    def resolve(meta, query_meta, {:nocache, {id, sql}}),
      do: {:nocache, {id, resolved(meta, query_meta, sql)}}

    def resolve(_meta, _query_meta, cached), do: cached

    defp resolved(meta, query_meta, sql) do
      with [name] <- Notes.all(sql, @note),
           {source, schema, prefix} <- elem(query_meta.sources, 0),
           [_ | _] = key <- key(meta, source, schema, prefix) do
        key = Enum.map(key, &Quoting.name/1)

        {before, rest} = Notes.around(sql, @note)
        conditions = [&same_row(&1, name), &among_rows(&1, name)]
        before <> Enum.find_value(conditions, &by_key(rest, &1, key))
      else
        _ -> sql
      end
    end

    defp by_key(rest, condition, key) do
      rowid = IO.iodata_to_binary([?\s | condition.([@rowid])])

      if String.starts_with?(rest, rowid),
        do: String.replace_prefix(rest, rowid, IO.iodata_to_binary(condition.(key)))
    end

    # Nil for a table with rowids. Without a prefix, a temporary table hides another one, as in the statement.
    defp key(meta, source, schema, prefix) do
      case rows(
             meta,
             """
             SELECT type, wr, schema FROM pragma_table_list(?1) WHERE ?2 IS NULL OR lower(schema) = lower(?2)
             ORDER BY schema = 'temp' DESC, schema = 'main' DESC LIMIT 1
             """,
             [source, prefix]
           ) do
        [["view", _, _]] ->
          view_key(source, schema)

        [[_, 1, database]] ->
          sql = "SELECT name FROM pragma_table_xinfo(?1, ?2) WHERE pk > 0 ORDER BY pk"
          Enum.map(rows(meta, sql, [source, database]), &hd/1)

        _ ->
          nil
      end
    end

    defp view_key(source, schema) do
      case QuerySql.primary_key({nil, nil, schema}) do
        [] ->
          raise ArgumentError,
                "#{source} is a view, and the adapter does not know which columns identify its rows, so update_all and " <>
                  "delete_all cannot join other sources to it: use a schema with a primary key as the source, or a " <>
                  "condition instead of the joins (`where: x.id in subquery(...)`)"

        key ->
          key
      end
    end

    defp rows(meta, sql, params), do: Ecto.Adapters.SQL.query!(meta, sql, params, log: false).rows
  end
end
