if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.DropTable do
    @moduledoc false
    # Protects other tables when a table to which they refer is dropped.
    #
    # SQLite first deletes the rows of the table, which triggers the foreign key actions: `on_delete: :delete_all`
    # would empty other tables, and `:nilify_all` and `:default_all` would change them, without anyone asking for it.
    # A table is therefore dropped only if no row of another table would be touched. Without an action, the engine
    # itself refuses. See https://sqlite.org/lang_droptable.html and
    # https://sqlite.org/foreignkeys.html#fk_schemacommands.

    alias Ecto.Adapters.LibSql.{SchemaReader, Quoting, TableDefinition}

    @doc """
    Raises `EctoLibSql.Error` (`:constraint`) if dropping the table would delete or change rows of other tables.

    Call this in the transaction that drops the table.
    """
    @spec check!(SchemaReader.t(), String.t()) :: :ok
    def check!(reader, table) do
      if SchemaReader.rows(reader, "PRAGMA foreign_keys") == [[1]] and exists?(reader, table) do
        reader
        |> SchemaReader.references(table)
        |> Enum.reject(&TableDefinition.same?(&1.table, table))
        |> Enum.filter(&(&1.on_delete in ["CASCADE", "SET NULL", "SET DEFAULT"]))
        |> Enum.each(&untouched!(reader, table, &1))
      end

      :ok
    end

    defp exists?(reader, table) do
      Enum.any?(SchemaReader.tables(reader), fn [name, _] -> TableDefinition.same?(name, table) end)
    end

    # For a reference of several columns, each column is checked separately. A row refers to a parent only if none of
    # them is NULL, so this may refuse too much, but never too little.
    defp untouched!(reader, table, reference) do
      column = Quoting.name(reference.column)
      child = SchemaReader.quoted(reader, reference.table)

      if SchemaReader.rows(reader, [
           ["SELECT 1 FROM ", child, " WHERE ", column],
           " IS NOT NULL LIMIT 1"
         ]) != [] do
        raise EctoLibSql.Error.new(
                :constraint,
                "dropping the table #{table} would #{consequence(reference.on_delete)} the rows of " <>
                  "#{reference.table} that refer to it (#{reference.column}, ON DELETE " <>
                  "#{reference.on_delete}): drop #{reference.table} or its constraint first, or set the column to NULL"
              )
      end
    end

    defp consequence("CASCADE"), do: "delete"
    defp consequence(_set), do: "change"
  end
end
