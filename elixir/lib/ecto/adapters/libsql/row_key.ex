if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.RowKey do
    @moduledoc false
    # The key by which `update_all` and `delete_all` with joins find the rows of their target.
    #
    # It is the rowid: the schema's primary key may be NULL in several rows, or not be a key of the table. The SQL is
    # generated before the table is known, so a note in the statement says where the key is. Before the statement is
    # first run, the table is looked up: in one without rowids the rows are found by its primary key, which is never
    # NULL, in a view by that of the schema.

    alias Ecto.Adapters.LibSql.{Notes, QuerySql, Quoting}

    @rowid "_rowid_"
    @note "by rowid: "

    @typep key :: :rowid | {:primary | :view, [iodata]}

    @doc "The condition that a row of `name` is that of the target of an UPDATE."
    @spec same_row(iodata) :: iodata
    def same_row(name), do: [note(name), same_row(:rowid, name)]

    @doc "The condition of a DELETE that the target's key is among those of rows of `name`, up to their source."
    @spec among_rows(iodata) :: iodata
    def among_rows(name), do: [note(name), among_rows(:rowid, name)]

    defp note(name), do: ["/* ", @note, name, " */ "]

    @spec same_row(key, iodata) :: iodata
    defp same_row(:rowid, name), do: ["ecto_target._rowid_ = ", name, "._rowid_"]

    defp same_row({_kind, columns}, name) do
      Enum.map_intersperse(columns, " AND ", &["ecto_target.", &1, " IS ", name, ?., &1])
    end

    @spec among_rows(key, iodata) :: iodata
    defp among_rows(:rowid, name), do: [@rowid, " IN (SELECT ", name, ?., @rowid]

    defp among_rows({:primary, columns}, name) do
      among(columns, Enum.map(columns, &[name, ?., &1]))
    end

    # IN finds no NULL, but its text.
    defp among_rows({:view, columns}, name) do
      among(Enum.map(columns, &quoted/1), Enum.map(columns, &quoted([name, ?., &1])))
    end

    defp among([left], [right]), do: [left, " IN (SELECT ", right]

    defp among(left, right) do
      [?(, Enum.intersperse(left, ", "), ") IN (SELECT ", Enum.intersperse(right, ", ")]
    end

    defp quoted(sql), do: ["quote(", sql, ?)]

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
           {kind, fields} <- key(meta, source, schema, prefix) do
        key = {kind, Enum.map(fields, &Quoting.name/1)}
        {before, rest} = Notes.around(sql, @note)
        conditions = [&same_row(&1, name), &among_rows(&1, name)]
        before <> Enum.find_value(conditions, &by_key(rest, &1, key))
      else
        _ -> sql
      end
    end

    defp by_key(rest, condition, key) do
      rowid = IO.iodata_to_binary([?\s | condition.(:rowid)])

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
          {:view, view_key(source, schema)}

        [[_, 1, database]] ->
          sql = "SELECT name FROM pragma_table_xinfo(?1, ?2) WHERE pk > 0 ORDER BY pk"
          {:primary, Enum.map(rows(meta, sql, [source, database]), &hd/1)}

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
