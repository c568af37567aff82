if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.Catalogue do
    @moduledoc """
    What a database holds: tables, columns, indexes, references, as its schema says now.

    A migration's commands that depend on it read it here. Names of tables and columns are equal
    whatever the case of their letters, as for the engine.
    """

    alias Ecto.Adapters.LibSql.{Quoting, TableDefinition}

    @enforce_keys [:run, :prefix]
    defstruct [:run, :prefix]

    @typedoc "`run` runs one statement and gives its rows; `prefix` is the database, nil for the main one."
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
    def rows(catalogue, sql, params \\ []), do: catalogue.run.(sql, params)

    @doc "A name of this database, quoted."
    @spec quoted(t, String.t()) :: iodata
    def quoted(catalogue, name), do: Quoting.name(catalogue.prefix, name)

    @doc "The name of the database."
    @spec schema(t) :: String.t()
    def schema(catalogue), do: to_string(catalogue.prefix || "main")

    @doc "Names and texts of the tables."
    @spec tables(t) :: [list]
    def tables(catalogue) do
      rows(catalogue, [
        "SELECT name, sql FROM ",
        quoted(catalogue, "sqlite_schema"),
        " WHERE type = 'table' AND sql IS NOT NULL"
      ])
    end

    @doc "A table's definition; `:error` where there is none, or a virtual table."
    @spec definition(t, String.t()) :: {:ok, TableDefinition.t()} | :error
    def definition(catalogue, name) do
      case Enum.find(tables(catalogue), fn [table, _] -> TableDefinition.same?(table, name) end) do
        [_, sql] -> TableDefinition.parse(sql)
        nil -> :error
      end
    end

    @doc "A table's columns in their order, and whether each is generated."
    @spec columns(t, String.t()) :: [{String.t(), boolean}]
    def columns(catalogue, table) do
      for [name, hidden] <-
            rows(catalogue, "SELECT name, hidden FROM pragma_table_xinfo(?1, ?2) ORDER BY cid", [
              table,
              schema(catalogue)
            ]),
          do: {name, hidden in [2, 3]}
    end

    @doc "The statements that made a table's indexes."
    @spec indexes(t, String.t()) :: [String.t()]
    def indexes(catalogue, table) do
      rows(
        catalogue,
        [
          ["SELECT sql FROM ", quoted(catalogue, "sqlite_schema")],
          " WHERE type = 'index' AND sql IS NOT NULL AND lower(tbl_name) = lower(?1) ORDER BY rowid"
        ],
        [to_string(table)]
      )
      |> Enum.map(&in_schema(catalogue, hd(&1)))
    end

    @doc "All views, then all triggers: type, name and the statement that made it."
    @spec views_and_triggers(t) :: [{String.t(), String.t(), String.t()}]
    def views_and_triggers(catalogue) do
      rows(catalogue, [
        ["SELECT type, name, sql FROM ", quoted(catalogue, "sqlite_schema")],
        " WHERE type IN ('view', 'trigger') ORDER BY type = 'trigger', rowid"
      ])
      |> Enum.map(fn [type, name, sql] -> {type, name, in_schema(catalogue, sql)} end)
    end

    @doc "The columns that refer to a table, its own among them."
    @spec references(t, String.t()) :: [referring]
    def references(catalogue, table) do
      for [child, column, columns, on_delete] <-
            rows(
              catalogue,
              """
              SELECT t.name, f."from",
                (SELECT count(*) FROM pragma_foreign_key_list(t.name, ?2) AS g WHERE g.id = f.id), f.on_delete
              FROM pragma_table_list AS t, pragma_foreign_key_list(t.name, t.schema) AS f
              WHERE t.schema = ?2 AND t.type = 'table' AND lower(f."table") = lower(?1)
              ORDER BY t.name, f.id, f.seq
              """,
              [table, schema(catalogue)]
            ),
          do: %{table: child, column: column, columns: columns, on_delete: on_delete}
    end

    # The stored text does not name the database that it stands in.
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
