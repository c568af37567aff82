if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  defmodule Ecto.Adapters.LibSql.Migrator do
    @moduledoc false
    # Runs the commands of a migration, which `Ecto.Adapters.LibSql.DDL` converts to statements and markers.

    alias Ecto.Adapters.LibSql.{DDL, DropTable, Quoting, Rebuild, SchemaReader}
    alias Ecto.Adapters.SQL

    @doc "Runs one command. Raises `EctoLibSql.Error` if it fails."
    @spec run(Ecto.Adapter.adapter_meta(), Ecto.Adapter.Migration.command(), keyword) :: :ok
    def run(meta, command, options) do
      for statement <- DDL.statements(command), do: step(meta, statement, options)
      :ok
    end

    # What a marker does depends on the current schema. In a transaction that has already read, a write fails if
    # another connection has written since. So this writes before it reads.
    defp step(meta, marker, options) when is_tuple(marker) do
      if SQL.in_transaction?(meta) do
        lock = Quoting.name(prefix(marker), "ecto_libsql_write_lock")
        run_all(meta, [["CREATE TABLE ", lock, " (x)"], ["DROP TABLE ", lock]], options)
      end

      resolve(meta, marker, options)
    end

    defp step(meta, statement, options), do: rows(meta, statement, [], options)

    # Each attached database has its own write lock.
    defp prefix({kind, table, _}) when kind in [:rebuild, :drop_table], do: table.prefix
    defp prefix({:remove_column, table, _, _}), do: table.prefix
    defp prefix(marker), do: elem(marker, 1)

    defp resolve(meta, {kind, prefix, table, column, statements}, options)
         when kind in [:if_column, :unless_column] do
      {sql, params} = DDL.column_exists_query({prefix, table, column})
      wanted = if rows(meta, sql, params, options) == [], do: :unless_column, else: :if_column
      if kind == wanted, do: run_all(meta, statements, options)
    end

    defp resolve(meta, {:rebuild, table, changes}, options) do
      Rebuild.run(meta, reader(meta, table, options), table, changes)
    end

    defp resolve(meta, {:remove_column, table, name, statements}, options) do
      if Rebuild.needed_to_remove?(reader(meta, table, options), table, name),
        do: resolve(meta, {:rebuild, table, [{:remove, name}]}, options),
        else: run_all(meta, statements, options)
    end

    defp resolve(meta, {:drop_table, table, statement}, options) do
      in_transaction(meta, fn ->
        :ok = DropTable.check!(reader(meta, table, options), to_string(table.name))
        step(meta, statement, options)
      end)
    end

    defp resolve(meta, {:rename_index, prefix, name, new}, options) do
      {sql, params} = DDL.index_query({prefix, name})

      case rows(meta, sql, params, options) do
        [[definition]] when is_binary(definition) ->
          run_all(meta, DDL.renamed_index({prefix, name}, definition, new), options)

        _ ->
          raise EctoLibSql.Error.new(
                  :sql,
                  "the index #{name} cannot be renamed, because it does not exist"
                )
      end
    end

    defp run_all(meta, statements, options), do: Enum.each(statements, &step(meta, &1, options))

    defp reader(meta, table, options),
      do: %SchemaReader{run: &rows(meta, &1, &2, options), prefix: table.prefix}

    defp rows(meta, sql, params, options), do: SQL.query!(meta, sql, params, options).rows

    defp in_transaction(meta, work) do
      if SQL.in_transaction?(meta) do
        work.()
      else
        {:ok, result} = SQL.transaction(meta, [mode: :immediate], work)
        result
      end
    end
  end
end
