if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.DropTable do
    @moduledoc false
    # Dropping a table that others refer to.
    #
    # SQLite deletes the rows first, and what refers to them acts: `on_delete: :delete_all` would empty
    # other tables, `:nilify_all` and `:default_all` would change them, and nobody asked for it. So a table
    # is dropped only when no row of another one would be touched; without an action the engine itself
    # refuses. See https://sqlite.org/lang_droptable.html and https://sqlite.org/foreignkeys.html#fk_schemacommands.

    alias Ecto.Adapters.LibSql.{SchemaReader, Quoting, TableDefinition}

    @doc """
    Raises `EctoLibSql.Error` (`:constraint`) when dropping the table would alter rows of others.

    To be called in the transaction that drops it.
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

    # Of a reference of several columns each is looked at: a row refers only when none of them is NULL,
    # so this refuses rather more than less.
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
                  "#{reference.on_delete}): drop #{reference.table} first, or its constraint, or empty the column"
              )
      end
    end

    defp consequence("CASCADE"), do: "delete"
    defp consequence(_set), do: "change"
  end
end
