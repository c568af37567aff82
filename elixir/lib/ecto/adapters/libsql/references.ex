if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.References do
    @moduledoc false
    # Generates the foreign keys of a migration.
    #
    # A single-column key is written after the type of the column. It has no name unless the migration gives one; a
    # violation is still reported by table and column. A multi-column key is a table constraint.
    #
    # `validate: false` has no effect: SQLite never checks existing rows.

    alias Ecto.Adapters.LibSql.{DDL, Quoting}

    @doc "The default name that Ecto expects for a foreign key."
    @spec default_name(struct, atom | String.t()) :: String.t()
    def default_name(table, column), do: "#{table.name}_#{column}_fkey"

    @doc "The constraint of a single-column key, written after the column's type."
    @spec of_column(struct, struct, atom) :: iodata
    def of_column(reference, table, column) do
      match = if reference.match, do: [" MATCH ", upcase(reference.match)], else: []
      [?\s, constraint(reference.name), references(reference, table, [column], match)]
    end

    @doc "The constraint of a multi-column key, written among the table constraints."
    @spec of_table(struct, struct, atom) :: iodata
    def of_table(reference, table, column) do
      # The engine parses MATCH and ignores it. For a single column, all kinds mean the same.
      if reference.match in [:full, :partial] do
        DDL.unsupported!("match: #{inspect(reference.match)} for a reference of several columns")
      end

      columns = [column | Keyword.keys(reference.with)]
      name = reference.name || default_name(table, column)

      [
        [constraint(name), "FOREIGN KEY (", Quoting.names(columns), ") "],
        references(reference, table, columns, [])
      ]
    end

    defp constraint(nil), do: []
    defp constraint(name), do: ["CONSTRAINT ", Quoting.name(name), ?\s]

    defp references(reference, table, key, match) do
      prefix = Keyword.get(reference.options, :prefix, reference.prefix)

      if prefix not in [nil, table.prefix] do
        DDL.unsupported!("a reference to another database (prefix: #{inspect(prefix)})")
      end

      columns = [reference.column || :id | Keyword.values(reference.with)]

      [
        ["REFERENCES ", Quoting.name(reference.table), "(", Quoting.names(columns), ?), match],
        [on_delete(reference.on_delete, key), on_update(reference.on_update)],
        deferrable(reference.options[:deferrable])
      ]
    end

    # SQLite cannot set only some columns of a key.
    defp on_delete({kind, columns} = action, key) when kind in [:nilify, :default] do
      if Enum.sort(columns) == Enum.sort(key),
        do: on_delete(:"#{kind}_all", key),
        else:
          DDL.unsupported!(
            "on_delete: #{inspect(action)} for the key #{inspect(key)}, because it sets all columns of the key"
          )
    end

    defp on_delete(:nothing, _key), do: []
    defp on_delete(action, _key), do: [" ON DELETE " | action(action, :on_delete)]
    defp on_update(:nothing), do: []
    defp on_update(action), do: [" ON UPDATE " | action(action, :on_update)]

    defp action(:delete_all, :on_delete), do: "CASCADE"
    defp action(:update_all, :on_update), do: "CASCADE"
    defp action(:nilify_all, _), do: "SET NULL"
    defp action(:default_all, _), do: "SET DEFAULT"
    defp action(:restrict, _), do: "RESTRICT"
    defp action(other, kind), do: DDL.unsupported!("#{kind}: #{inspect(other)}")

    defp deferrable(value) when value in [nil, false], do: []
    defp deferrable(true), do: " DEFERRABLE INITIALLY IMMEDIATE"
    defp deferrable(:initially_immediate), do: " DEFERRABLE INITIALLY IMMEDIATE"
    defp deferrable(:initially_deferred), do: " DEFERRABLE INITIALLY DEFERRED"
    defp deferrable(other), do: DDL.unsupported!("deferrable: #{inspect(other)}")

    defp upcase(atom), do: atom |> Atom.to_string() |> String.upcase()
  end
end
