if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.DDL do
    @moduledoc false
    # Converts the commands of a migration to SQL. The adapter's documentation says what they accept.
    #
    # `statements/1` returns the statements in the order in which they run. The SQL of some commands depends on the schema
    # at the time when they run. For these it returns a marker, which `Ecto.Adapters.LibSql.Migrator` resolves:
    #
    #   * `{:rebuild, table, changes}`: rebuilds the table, for changes that ALTER TABLE cannot make: `modify`; creating or
    #     dropping a constraint; adding a primary key, a unique or stored generated column, a multi-column reference or a
    #     computed default
    #   * `{:remove_column, table, column, statements}`: a rebuild, or the statements
    #   * `{:drop_table, table, statement}`: the statement, if it does not change rows of other tables
    #   * `{:unless_column, prefix, table, column, statements}` for `add_if_not_exists`
    #   * `{:if_column, prefix, table, column, statements}` for `remove_if_exists`
    #   * `{:rename_index, prefix, name, new}`: SQLite has no such command, so `renamed_index/3` makes the statements from
    #     the definition of the index
    #
    # `{:nilify, columns}` and `{:default, columns}` of only some columns of a key are refused, because SQLite sets all of
    # them. The adapter does not create a trigger instead. That trigger would be on the other table: it would remain when
    # the table is dropped, and then prevent the other table from being written to and renamed. It would also hold a copy of
    # the default, and not fire for `OR REPLACE`.

    alias Ecto.Adapters.LibSql.{ColumnDefinition, Quoting, TableOptions}
    alias Ecto.Migration.{Constraint, Index, Reference, Table}

    @type marker ::
            {:unless_column | :if_column, String.t() | nil, String.t(), atom, [iodata | marker]}
            | {:rename_index, String.t() | nil, String.t(), String.t()}
            | {:remove_column, Table.t(), atom, [iodata]}
            | {:drop_table, Table.t(), iodata}
            | {:rebuild, Table.t(), [tuple]}

    @doc "The statements of a command."
    @spec statements(Ecto.Adapter.Migration.command()) :: [iodata | marker]
    def statements({create, %Table{} = table, columns})
        when create in [:create, :create_if_not_exists] do
      if table.engine, do: unsupported!("the table option :engine")
      options = TableOptions.parse(table.options)
      exists = if create == :create_if_not_exists, do: "IF NOT EXISTS ", else: []
      name = Quoting.name(table.prefix, table.name)

      if options.rtree do
        [["CREATE VIRTUAL TABLE ", exists, name, " USING rtree(", rtree(columns), ?)]]
      else
        [
          [
            ["CREATE ", modifiers(table), "TABLE ", exists, name, " ("],
            [ColumnDefinition.table(table, columns, options), ?), options.sql]
          ]
        ]
      end
    end

    def statements({drop, %Table{} = table, mode}) when drop in [:drop, :drop_if_exists] do
      restrict!(mode, "a table")
      statement = ["DROP TABLE ", if_exists(drop), Quoting.name(table.prefix, table.name)]
      [{:drop_table, table, statement}]
    end

    def statements({:alter, %Table{} = table, changes}) do
      if Enum.any?(changes, &rebuild?/1),
        do: [{:rebuild, table, changes}],
        else: Enum.map(changes, &change(table, &1))
    end

    def statements({:rename, %Table{} = table, %Table{} = new}) do
      [
        [
          "ALTER TABLE ",
          Quoting.name(table.prefix, table.name),
          " RENAME TO ",
          Quoting.name(new.name)
        ]
      ]
    end

    def statements({:rename, %Table{} = table, column, new}) do
      [
        [
          ["ALTER TABLE ", Quoting.name(table.prefix, table.name), " RENAME COLUMN "],
          [Quoting.name(column), " TO ", Quoting.name(new)]
        ]
      ]
    end

    def statements({:rename, %Index{} = index, new}) do
      [{:rename_index, index.prefix, to_string(index.name), to_string(new)}]
    end

    def statements({create, %Index{} = index}) when create in [:create, :create_if_not_exists] do
      [create_index(index, create)]
    end

    def statements({drop, %Index{} = index, mode}) when drop in [:drop, :drop_if_exists] do
      restrict!(mode, "an index")
      index_options!(index)
      [["DROP INDEX ", if_exists(drop), Quoting.name(index.prefix, index.name)]]
    end

    def statements({:create, %Constraint{} = constraint}) do
      if constraint.exclude, do: unsupported!("exclusion constraints, such as #{constraint.name}")

      if constraint.validate == false,
        do: unsupported!("validate: false of the constraint #{constraint.name}")

      sql = ["CONSTRAINT ", Quoting.name(constraint.name), " CHECK (", constraint.check, ?)]
      [{:rebuild, table(constraint), [{:add_constraint, IO.iodata_to_binary(sql)}]}]
    end

    def statements({drop, %Constraint{} = constraint, mode})
        when drop in [:drop, :drop_if_exists] do
      restrict!(mode, "a constraint")
      change = {:drop_constraint, constraint.name, drop == :drop_if_exists}
      [{:rebuild, table(constraint), [change]}]
    end

    def statements(sql) when is_binary(sql), do: [sql]
    def statements(keyword) when is_list(keyword), do: unsupported!("keyword lists in execute")

    @doc """
    The SQL text of a statement or marker.

    Raises `ArgumentError` if it cannot be expressed in SQL alone.
    """
    @spec text(iodata | marker) :: iodata
    def text({:drop_table, _table, statement}), do: statement
    def text({:remove_column, _table, _name, [statement]}), do: statement

    def text({exists, _, _, _, [statement]}) when exists in [:if_column, :unless_column],
      do: text(statement)

    def text({:rebuild, table, changes}),
      do: Enum.map_intersperse(changes, "; ", &changed(table, &1))

    def text({:rename_index, _prefix, name, _new}),
      do: unsupported!("renaming the index #{name} without its definition")

    def text(statement), do: statement

    # ALTER COLUMN exists only in libSQL.
    defp changed(table, {:modify, name, type, opts}) do
      column = ColumnDefinition.added(table, name, type, opts)
      [alter(table), "ALTER COLUMN ", Quoting.name(name), " TO ", column]
    end

    defp changed(_table, {:add_constraint, _sql}), do: no_constraint!("ADD")
    defp changed(_table, {:drop_constraint, _name, _if_exists}), do: no_constraint!("DROP")
    defp changed(table, change), do: text(change(table, change))

    defp no_constraint!(what) do
      raise ArgumentError,
            "LibSQL/SQLite does not support ALTER TABLE #{what} CONSTRAINT: the table has to be rebuilt, " <>
              "which the adapter does when it runs the migration"
    end

    @doc "The query that checks whether a table has a column, and its parameters."
    @spec column_exists_query({String.t() | nil, String.t(), atom}) :: {iodata, [term]}
    def column_exists_query({prefix, table, column}) do
      {"SELECT 1 FROM pragma_table_xinfo(?1, ?2) WHERE lower(name) = lower(?3) LIMIT 1",
       [to_string(table), to_string(prefix || "main"), to_string(column)]}
    end

    @doc "The query for an index's definition, and its parameters."
    @spec index_query({String.t() | nil, String.t()}) :: {iodata, [term]}
    def index_query({prefix, name}) do
      {[
         "SELECT sql FROM ",
         Quoting.name(prefix, "sqlite_schema"),
         " WHERE type = 'index' AND lower(name) = lower(?1)"
       ], [name]}
    end

    @definition ~r/\A(\s*CREATE\s+(?:UNIQUE\s+)?INDEX\s+)(?:"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|[^\s"`\[]+)(\s+ON\b.*)\z/is

    @doc "Statements that drop an index and create it under a new name, from the text of its definition."
    @spec renamed_index({String.t() | nil, String.t()}, String.t(), String.t()) :: [iodata]
    def renamed_index({prefix, name}, definition, new) do
      [_, create, on] = Regex.run(@definition, definition)

      [
        ["DROP INDEX ", Quoting.name(prefix, name)],
        [create, Quoting.name(prefix, new), on]
      ]
    end

    # R*Tree takes only names: an id, then a minimum and a maximum for each of 1 to 5 dimensions.
    defp rtree(columns) do
      names = for {:add, name, _type, _opts} <- columns, do: to_string(name)
      count = length(names)

      wrong =
        cond do
          List.first(names) != "id" -> "must have 'id' as the first column"
          count < 3 -> "need at least 3 columns"
          count > 11 -> "have maximum 11 columns"
          rem(count, 2) == 0 -> "need an odd number of columns"
          true -> nil
        end

      if wrong, do: raise(ArgumentError, "R*Tree virtual tables #{wrong}, got: #{inspect(names)}")
      Enum.map_intersperse(names, ", ", &bare/1)
    end

    defp bare(name), do: if(name =~ ~r/\A[a-z_][a-z0-9_]*\z/i, do: name, else: Quoting.name(name))

    # New in Ecto 3.14: TEMPORARY and so on.
    defp modifiers(table) do
      case Map.get(table, :modifiers) do
        nil -> []
        modifiers -> [to_string(modifiers), ?\s]
      end
    end

    defp change(table, {:add, name, type, opts}) do
      [alter(table), "ADD COLUMN ", ColumnDefinition.added(table, name, type, opts)]
    end

    defp change(table, {:remove, name}), do: {:remove_column, table, name, [remove(table, name)]}
    defp change(table, {:remove, name, _type, _opts}), do: change(table, {:remove, name})

    defp change(table, {:add_if_not_exists, name, type, opts}) do
      {:unless_column, table.prefix, table.name, name, [change(table, {:add, name, type, opts})]}
    end

    defp change(table, {:remove_if_exists, name}) do
      {:if_column, table.prefix, table.name, name, [change(table, {:remove, name})]}
    end

    defp change(table, {:remove_if_exists, name, _type}) do
      change(table, {:remove_if_exists, name})
    end

    # Whether ALTER TABLE cannot make a change. For removing a column, this depends on the table.
    defp rebuild?({:modify, _name, _type, _opts}), do: true
    defp rebuild?({:add_if_not_exists, name, type, opts}), do: rebuild?({:add, name, type, opts})
    defp rebuild?({:add, _name, %Reference{with: [_ | _]}, _opts}), do: true

    defp rebuild?({:add, _name, type, opts}) do
      opts[:primary_key] || opts[:unique] || match?({:fragment, _}, opts[:default]) ||
        (opts[:generated] && (opts[:stored] || opts[:generated] =~ ~r/\bSTORED\b/i)) ||
        (match?(%Reference{}, type) && Keyword.has_key?(opts, :default))
    end

    defp rebuild?(_change), do: false

    defp remove(table, name), do: [alter(table), "DROP COLUMN ", Quoting.name(name)]
    defp table(constraint), do: %Table{name: constraint.table, prefix: constraint.prefix}

    defp alter(table), do: ["ALTER TABLE ", Quoting.name(table.prefix, table.name), ?\s]

    defp create_index(index, create) do
      index_options!(index)

      [
        ["CREATE ", if(index.unique, do: "UNIQUE ", else: []), "INDEX "],
        if(create == :create_if_not_exists, do: "IF NOT EXISTS ", else: []),
        # The index is in the database of its table. SQLite accepts the database name only before the index name.
        [Quoting.name(index.prefix, index.name), " ON ", Quoting.name(index.table), " ("],
        [Enum.map_intersperse(index.columns, ", ", &index_column/1), ?)],
        if(index.where, do: [" WHERE ", to_string(index.where)], else: []),
        if(index.options, do: [?\s, to_string(index.options)], else: [])
      ]
    end

    defp index_options!(index) do
      if index.concurrently, do: option(index, ":concurrently")
      if index.only, do: option(index, ":only")
      if index.using, do: option(index, ":using")
      if index.include != [], do: option(index, ":include")

      if index.nulls_distinct == false do
        option(index, "nulls_distinct: false (all NULLs are distinct)")
      end
    end

    defp option(index, option),
      do: unsupported!("the option #{option} of the index #{index.name}")

    defp index_column({direction, column}), do: [index_column(column), index_order(direction)]
    defp index_column(expr) when is_binary(expr), do: expr
    defp index_column(name), do: Quoting.name(name)

    # An index always sorts NULLs first in ascending order and last in descending order.
    defp index_order(order) when order in [:asc, :asc_nulls_first], do: " ASC"
    defp index_order(order) when order in [:desc, :desc_nulls_last], do: " DESC"
    defp index_order(order), do: unsupported!("#{order} in an index")

    defp if_exists(:drop_if_exists), do: "IF EXISTS "
    defp if_exists(:drop), do: []

    defp restrict!(:cascade, what), do: unsupported!("dropping #{what} with mode: :cascade")
    defp restrict!(_mode, _what), do: :ok

    @doc "Raises an `ArgumentError` that names what SQLite does not support."
    @spec unsupported!(String.t()) :: no_return
    def unsupported!(what), do: raise(ArgumentError, "SQLite does not support #{what}")
  end
end
