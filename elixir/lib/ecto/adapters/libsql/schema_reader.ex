if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.SchemaReader do
    @moduledoc false
    # Reads the current schema of a database (tables, columns, indexes, references) for the migration commands that
    # depend on it. Like the engine, it ignores case when it compares names of tables and columns.

    alias Ecto.Adapters.LibSql.{Quoting, TableDefinition}

    @enforce_keys [:run, :prefix]
    defstruct [:run, :prefix]

    @typedoc "`run` runs one statement and returns its rows; `prefix` is the database, nil for the main one."
    @type t :: %__MODULE__{run: (iodata, list -> [list] | nil), prefix: String.t() | nil}

    @typedoc "A column that refers to a table, with the number of columns of its reference."
    @type referring :: %{
            table: String.t(),
            column: String.t(),
            columns: pos_integer,
            on_delete: String.t()
          }

    @doc "Runs a statement."
    @spec rows(t, iodata, list) :: [list] | nil
    def rows(reader, sql, params \\ []), do: reader.run.(sql, params)

    @doc "A name in this database, quoted."
    @spec quoted(t, String.t()) :: iodata
    def quoted(reader, name), do: Quoting.name(reader.prefix, name)

    @doc "The name of the database."
    @spec schema(t) :: String.t()
    def schema(reader), do: to_string(reader.prefix || "main")

    @doc "The names of the tables and their CREATE TABLE statements."
    @spec tables(t) :: [list]
    def tables(reader) do
      rows(reader, [
        "SELECT name, sql FROM ",
        quoted(reader, "sqlite_schema"),
        " WHERE type = 'table' AND sql IS NOT NULL"
      ])
    end

    @doc "The definition of a table; `:error` if it does not exist or is a virtual table."
    @spec definition(t, String.t()) :: {:ok, TableDefinition.t()} | :error
    def definition(reader, name) do
      case Enum.find(tables(reader), fn [table, _] -> TableDefinition.same?(table, name) end) do
        [_, sql] -> TableDefinition.parse(sql)
        nil -> :error
      end
    end

    @doc "The columns of a table in order, and whether each is generated."
    @spec columns(t, String.t()) :: [{String.t(), boolean}]
    def columns(reader, table) do
      for [name, hidden] <-
            rows(reader, "SELECT name, hidden FROM pragma_table_xinfo(?1, ?2) ORDER BY cid", [
              table,
              schema(reader)
            ]),
          do: {name, hidden in [2, 3]}
    end

    @doc "The statements that created the indexes of a table."
    @spec indexes(t, String.t()) :: [String.t()]
    def indexes(reader, table) do
      rows(
        reader,
        [
          ["SELECT sql FROM ", quoted(reader, "sqlite_schema")],
          " WHERE type = 'index' AND sql IS NOT NULL AND lower(tbl_name) = lower(?1) ORDER BY rowid"
        ],
        [to_string(table)]
      )
      |> Enum.map(&in_schema(reader, hd(&1)))
    end

    @doc "All views, then all triggers: the type, the name and the statement that created each."
    @spec views_and_triggers(t) :: [{String.t(), String.t(), String.t()}]
    def views_and_triggers(reader) do
      rows(reader, [
        ["SELECT type, name, sql FROM ", quoted(reader, "sqlite_schema")],
        " WHERE type IN ('view', 'trigger') ORDER BY type = 'trigger', rowid"
      ])
      |> Enum.map(fn [type, name, sql] -> {type, name, in_schema(reader, sql)} end)
    end

    @doc "The columns that refer to a table, including its own."
    @spec references(t, String.t()) :: [referring]
    def references(reader, table) do
      for [child, column, columns, on_delete] <-
            rows(
              reader,
              """
              SELECT t.name, f."from",
                (SELECT count(*) FROM pragma_foreign_key_list(t.name, ?2) AS g WHERE g.id = f.id), f.on_delete
              FROM pragma_table_list AS t, pragma_foreign_key_list(t.name, t.schema) AS f
              WHERE t.schema = ?2 AND t.type = 'table' AND lower(f."table") = lower(?1)
              ORDER BY t.name, f.id, f.seq
              """,
              [table, schema(reader)]
            ),
          do: %{table: child, column: column, columns: columns, on_delete: on_delete}
    end

    # The stored text does not contain the name of its database.
    defp in_schema(%{prefix: nil}, sql), do: sql

    defp in_schema(%{prefix: prefix}, sql) do
      String.replace(
        sql,
        ~r/\A(\s*CREATE\s+(?:UNIQUE\s+)?(?:INDEX|VIEW|TRIGGER)\s+)/i,
        "\\1" <> String.replace(IO.iodata_to_binary(Quoting.name(prefix)), "\\", "\\\\") <> "."
      )
    end
  end
end
