if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.Rebuild do
    @moduledoc false
    # Rebuilds a table to make changes that SQLite's ALTER TABLE cannot make.
    #
    # The rows are copied to a new table, which converts each value to the type of its column and then replaces the
    # old table: the procedure of https://sqlite.org/lang_altertable.html. Indexes, triggers, views, the rowids of a
    # table without INTEGER PRIMARY KEY, the AUTOINCREMENT counter and the table options are kept. All of this runs in
    # a transaction, or in a savepoint of the open one, and is then checked: if a view or trigger no longer fits, or a
    # row violates a constraint or has lost its parent, everything is rolled back.
    #
    # Dropping the old table must not delete or change the rows that refer to it. Outside a transaction, foreign keys
    # are turned off in the meantime. Inside a transaction they cannot be turned off, so the references to the table
    # are removed from the schema and restored afterwards. libSQL's ALTER COLUMN does that, but not for a multi-column
    # reference, for a column that is a key, or for a column whose definition contains a comma. Inside a transaction, a
    # table with such a reference is refused.
    #
    # A column that is modified to an integer or a float must hold only such values: a text that is not a number is an
    # error, and nothing changes.
    #
    # Removing a column also removes its indexes and the table constraints that involve it.

    alias Ecto.Adapters.LibSql.{ColumnDefinition, Quoting, References, TableDefinition}
    alias Ecto.Adapters.LibSql.SchemaReader
    alias Ecto.Adapters.SQL
    alias Ecto.Migration.Reference
    import SchemaReader

    @savepoint "ecto_libsql_rebuild"

    @doc "Applies the `changes` of a migration to a table."
    @spec run(Ecto.Adapter.adapter_meta(), SchemaReader.t(), struct, [tuple]) :: :ok
    def run(meta, reader, table, changes) do
      SQL.checkout(meta, [], fn ->
        if SQL.in_transaction?(meta) do
          suspend? = rows(reader, "PRAGMA foreign_keys") == [[1]]
          in_savepoint(reader, fn -> rebuild(reader, table, changes, suspend?) end)
        else
          without_foreign_keys(reader, fn ->
            work = fn -> rebuild(reader, table, changes, false) end
            {:ok, :ok} = SQL.transaction(meta, [mode: :immediate], work)
          end)
        end

        :ok
      end)
    end

    @doc "Whether removing the column needs a rebuild, because ALTER TABLE cannot remove it."
    @spec needed_to_remove?(SchemaReader.t(), struct, atom) :: boolean
    def needed_to_remove?(reader, table, column) do
      name = to_string(column)

      case definition(reader, to_string(table.name)) do
        {:ok, definition} ->
          kinds =
            if sql = TableDefinition.column(definition, name),
              do: TableDefinition.kinds(sql),
              else: []

          Enum.any?(kinds, &(&1 in [:primary_key, :unique, :references])) or
            Enum.any?(definition.constraints, &TableDefinition.about?(&1, name)) or
            Enum.any?(indexes(reader, table.name), &TableDefinition.index_about?(&1, name))

        :error ->
          false
      end
    end

    # Inside a transaction, the engine ignores this pragma.
    defp without_foreign_keys(reader, work) do
      [[enforced]] = rows(reader, "PRAGMA foreign_keys")
      rows(reader, "PRAGMA foreign_keys = OFF")

      try do
        work.()
      after
        rows(reader, "PRAGMA foreign_keys = #{enforced}")
      end
    end

    defp in_savepoint(reader, work) do
      rows(reader, "SAVEPOINT #{@savepoint}")

      try do
        work.()
      rescue
        error ->
          rows(reader, "ROLLBACK TO #{@savepoint}")
          rows(reader, "RELEASE #{@savepoint}")
          reraise error, __STACKTRACE__
      end

      rows(reader, "RELEASE #{@savepoint}")
    end

    defp rebuild(reader, table, changes, suspend?) do
      name = to_string(table.name)
      old = definition!(reader, name)
      new = Enum.reduce(changes, old, &change(&2, &1, table))
      removed = for {known, _} <- old.columns, TableDefinition.column(new, known) == nil, do: known

      indexes =
        for sql <- indexes(reader, name),
            not Enum.any?(removed, &TableDefinition.index_about?(sql, &1)),
            do: sql

      # These are dropped first: the engine checks them when a table is renamed, and they would not find this table.
      others = views_and_triggers(reader)
      violations = violations(reader, name)

      for {type, other, _} <- Enum.reverse(others),
          do: rows(reader, ["DROP ", type, ?\s, quoted(reader, other)])

      suspended = if suspend?, do: suspend(reader, name), else: []

      place(reader, name, new)

      for {child, sql} <- suspended, do: alter_column(reader, child, sql, sql)
      for sql <- indexes, do: rows(reader, sql)
      for {_, _, sql} <- others, do: rows(reader, sql)

      fits!(reader, name, new)

      case violations(reader, name) -- violations do
        [] ->
          :ok

        [[child, parent] | _] ->
          raise EctoLibSql.Error.new(
                  :constraint,
                  "the change would leave a row of #{child} that refers to no row of #{parent}: " <>
                    "delete that row or its reference first"
                )
      end
    end

    # Renames a column to itself: to do so, the engine reads the whole schema, and fails if something does not fit.
    defp fits!(reader, name, %{columns: [{column, _} | _]}) do
      column = Quoting.name(column)
      rename = ["ALTER TABLE ", quoted(reader, name), " RENAME COLUMN ", column, " TO ", column]
      rows(reader, "SAVEPOINT #{@savepoint}_check")
      rows(reader, rename)
      rows(reader, "ROLLBACK TO #{@savepoint}_check")
      rows(reader, "RELEASE #{@savepoint}_check")
    end

    defp fits!(_connection, _name, _new), do: :ok

    # Copies the rows, then replaces the old table with the new one.
    defp place(reader, name, new) do
      temporary = "ecto_libsql_new_" <> name
      from = quoted(reader, name)
      to = quoted(reader, temporary)
      if self_reference?(reader, name), do: rows(reader, "PRAGMA defer_foreign_keys = ON")

      new = referring(new, name, temporary)
      rows(reader, TableDefinition.to_sql(new, to))
      copied!(reader, name, temporary)
      converted!(reader, name, temporary)
      keep_counter(reader, name, temporary)
      rows(reader, ["DROP TABLE ", from])
      rows(reader, ["ALTER TABLE ", to, " RENAME TO ", Quoting.name(name)])
    end

    # Error messages must not mention the temporary name of the new table.
    defp copied!(reader, name, temporary) do
      copy(reader, name, temporary)
    rescue
      error in EctoLibSql.Error ->
        constraint = error.constraint && %{error.constraint | table: name}
        message = String.replace(error.message, temporary, name)
        reraise %{error | message: message, constraint: constraint}, __STACKTRACE__
    end

    # A number column accepts a text that is not a number unchanged, and rounds a number with many digits.
    defp converted!(reader, name, temporary) do
      changed =
        rows(
          reader,
          """
          SELECT n.name, n.type FROM pragma_table_xinfo(?1, ?3) AS o JOIN pragma_table_xinfo(?2, ?3) AS n
          ON lower(o.name) = lower(n.name) WHERE upper(o.type) != upper(n.type)
          AND n.type IN ('INTEGER', 'REAL', 'DECIMAL', 'NUMERIC')
          """,
          [name, temporary, schema(reader)]
        )

      for [column, type] <- changed do
        cell = Quoting.name(column)
        kinds = if type == "INTEGER", do: "'integer'", else: "'integer', 'real'"

        wrong =
          rows(reader, [
            ["SELECT quote(", cell, ") FROM ", quoted(reader, temporary)],
            [" WHERE typeof(", cell, ") NOT IN ('null', ", kinds, ") LIMIT 1"]
          ])

        with [[value]] <- wrong, do: cannot_become!(name, column, type, value)
        if type in ["DECIMAL", "NUMERIC"], do: not_rounded!(reader, name, column, type)
      end
    end

    # Checks that no text decimal loses digits.
    defp not_rounded!(reader, name, column, type) do
      cell = Quoting.name(column)

      texts =
        rows(reader, [
          ["SELECT DISTINCT ", cell, " FROM ", quoted(reader, name)],
          [" WHERE typeof(", cell, ") = 'text' AND length(", cell, ") > 15"]
        ])

      for [text] <- texts, {decimal, ""} <- [Decimal.parse(text)] do
        with {:inexact, text} <- EctoLibSql.Decimals.text(decimal),
             do: cannot_become!(name, column, type, text)
      end
    end

    defp cannot_become!(name, column, type, value) do
      raise EctoLibSql.Error.new(
              :constraint,
              "the column #{column} of #{name} cannot become #{type}: it holds #{value}; convert such values first"
            )
    end

    defp copy(reader, name, temporary) do
      old = columns(reader, name)
      new = for {column, false} <- columns(reader, temporary), do: column

      shared =
        for column <- new,
            Enum.any?(old, fn {known, _} -> TableDefinition.same?(known, column) end),
            do: column

      names = rowid(reader, [name, temporary]) ++ Enum.map(shared, &Quoting.name/1)

      if names != [] do
        names = Enum.intersperse(names, ", ")

        rows(reader, [
          ["INSERT INTO ", quoted(reader, temporary), " (", names, ") SELECT ", names],
          [" FROM ", quoted(reader, name)]
        ])
      else
        rows(reader, [
          "INSERT INTO ",
          quoted(reader, temporary),
          " (_rowid_) SELECT NULL FROM ",
          quoted(reader, name)
        ])
      end
    end

    # A name for the rowid that is not the name of a column, if both tables have a rowid that is not a column itself.
    defp rowid(reader, tables) do
      columns = Enum.flat_map(tables, &columns(reader, &1)) |> Enum.map(&elem(&1, 0))

      free =
        Enum.find(["rowid", "_rowid_", "oid"], fn name ->
          not Enum.any?(columns, &TableDefinition.same?(&1, name))
        end)

      if free && Enum.all?(tables, &hidden_rowid?(reader, &1)), do: [free], else: []
    end

    defp hidden_rowid?(reader, table) do
      [[without_rowid]] =
        rows(reader, "SELECT wr FROM pragma_table_list WHERE schema = ?1 AND name = ?2", [
          schema(reader),
          table
        ])

      key =
        rows(reader, "SELECT upper(type) FROM pragma_table_xinfo(?1, ?2) WHERE pk > 0", [
          table,
          schema(reader)
        ])

      without_rowid == 0 and key != [["INTEGER"]]
    end

    defp keep_counter(reader, name, temporary) do
      sequence = Quoting.name(reader.prefix, "sqlite_sequence")

      exists = [
        "SELECT 1 FROM ",
        Quoting.name(reader.prefix, "sqlite_schema"),
        " WHERE name = 'sqlite_sequence'"
      ]

      # The new table has a counter only if it is AUTOINCREMENT and has rows.
      autoincrement? =
        Enum.any?(tables(reader), fn [table, sql] ->
          table == temporary and sql =~ ~r/\bAUTOINCREMENT\b/i
        end)

      if autoincrement? and rows(reader, exists) != [] do
        rows(
          reader,
          [
            [
              "INSERT INTO ",
              sequence,
              " (name, seq) SELECT ?1, 0 WHERE NOT EXISTS (SELECT 1 FROM "
            ],
            [sequence, " WHERE name = ?1)"]
          ],
          [temporary]
        )

        rows(
          reader,
          [
            ["UPDATE ", sequence, " SET seq = max(seq, coalesce((SELECT seq FROM ", sequence],
            [" WHERE name = ?1), 0)) WHERE name = ?2"]
          ],
          [name, temporary]
        )
      end
    end

    ## The new definition

    defp change(definition, {:add, column, %Reference{with: [_ | _]} = reference, opts}, table) do
      constraint = References.of_table(reference, table, column) |> IO.iodata_to_binary()
      definition = change(definition, {:add, column, reference.type, opts}, table)
      update_in(definition.constraints, &(&1 ++ [constraint]))
    end

    defp change(definition, {:add, column, type, opts}, table) do
      sql =
        ColumnDefinition.added(table, column, type, opts, definition.tail) |> IO.iodata_to_binary()

      update_in(definition.columns, &(&1 ++ [{to_string(column), sql}]))
    end

    defp change(definition, {:add_if_not_exists, column, type, opts}, table) do
      if TableDefinition.column(definition, to_string(column)),
        do: definition,
        else: change(definition, {:add, column, type, opts}, table)
    end

    defp change(definition, {:modify, column, %Reference{with: [_ | _]} = reference, opts}, table) do
      constraint = References.of_table(reference, table, column) |> IO.iodata_to_binary()
      from = Keyword.get(opts, :from, reference)

      definition =
        change(definition, {:modify, column, reference.type, [{:from, from} | opts]}, table)

      update_in(definition.constraints, &(&1 ++ [constraint]))
    end

    defp change(definition, {:modify, column, type, opts}, table) do
      old = column!(definition, column, table)

      sql =
        ColumnDefinition.added(table, column, type, opts, definition.tail) |> IO.iodata_to_binary()

      {:ok, definition} = without_replaced_constraint(definition, table, column, opts)

      dropped =
        for {true, kind} <- [
              {opts[:null] == true, :null},
              {Keyword.has_key?(opts, :default), :default},
              {references?(type) or references?(opts[:from]), :references}
            ],
            do: kind

      TableDefinition.put_column(
        definition,
        to_string(column),
        TableDefinition.merge(old, sql, dropped)
      )
    end

    defp change(definition, {:remove, column}, table) do
      column!(definition, column, table)
      TableDefinition.delete_column(definition, to_string(column))
    end

    defp change(definition, {:remove, column, _type, _opts}, table) do
      change(definition, {:remove, column}, table)
    end

    defp change(definition, {:remove_if_exists, column, _type}, table) do
      change(definition, {:remove_if_exists, column}, table)
    end

    defp change(definition, {:remove_if_exists, column}, _table) do
      TableDefinition.delete_column(definition, to_string(column))
    end

    defp change(definition, {:add_constraint, sql}, _table) do
      update_in(definition.constraints, &(&1 ++ [sql]))
    end

    defp change(definition, {:drop_constraint, name, if_exists}, table) do
      with :error <- TableDefinition.delete_constraint(definition, to_string(name)),
           :error <- without_reference(definition, table, to_string(name)) do
        :error
      end
      |> case do
        {:ok, definition} -> definition
        :error when if_exists -> definition
        :error -> raise sql_error("the table #{table.name} has no constraint #{name}")
      end
    end

    # Removes a foreign key by its default name, which is not in the definition.
    defp without_reference(definition, table, name) do
      with {column, _} <-
             Enum.find(definition.columns, fn {column, _} ->
               TableDefinition.same?(References.default_name(table, column), name)
             end),
           do: TableDefinition.delete_reference(definition, column),
           else: (nil -> :error)
    end

    # A multi-column reference is a table constraint.
    defp without_replaced_constraint(definition, table, column, opts) do
      case from_type(opts[:from]) do
        %Reference{with: [_ | _]} = reference ->
          name = reference.name || References.default_name(table, column)
          with :error <- TableDefinition.delete_constraint(definition, name), do: {:ok, definition}

        _ ->
          {:ok, definition}
      end
    end

    defp references?(type), do: match?(%Reference{}, from_type(type))
    defp from_type({type, opts}) when is_list(opts), do: type
    defp from_type(type), do: type

    defp column!(definition, column, table) do
      TableDefinition.column(definition, to_string(column)) ||
        raise sql_error("the table #{table.name} has no column #{column}")
    end

    defp definition!(reader, name) do
      case definition(reader, name) do
        {:ok, definition} ->
          definition

        :error ->
          raise sql_error(
                  "the table #{name} does not exist, or is a view or a virtual table, which cannot be changed"
                )
      end
    end

    defp sql_error(message), do: EctoLibSql.Error.new(:sql, message)

    # A self-reference has to refer to the new table: when that is renamed, only references to it follow.
    defp referring(definition, name, temporary) do
      replace = &TableDefinition.rename_parent(&1, name, temporary)

      %{
        definition
        | columns: Enum.map(definition.columns, fn {column, sql} -> {column, replace.(sql)} end),
          constraints: Enum.map(definition.constraints, replace)
      }
    end

    ## References from other tables

    defp suspend(reader, name) do
      for %{table: child, column: column, columns: columns} <- references(reader, name),
          not TableDefinition.same?(child, name) do
        sql = columns == 1 && TableDefinition.column(definition!(reader, child), column)

        if !sql or not TableDefinition.alterable?(sql) or
             :references not in TableDefinition.kinds(sql) do
          raise EctoLibSql.Error.new(
                  :unsupported,
                  "#{name} cannot be changed inside a transaction while #{child} (#{column}) refers to it: " <>
                    "set @disable_ddl_transaction true in the migration"
                )
        end

        alter_column(reader, child, sql, TableDefinition.without_reference(sql))
        {child, sql}
      end
    end

    # The engine compares the column name exactly as written in the definition.
    defp alter_column(reader, table, sql, new) do
      name = TableDefinition.name_text(sql)

      rows(reader, [
        "ALTER TABLE ",
        quoted(reader, table),
        " ALTER COLUMN ",
        name,
        " TO ",
        new
      ])
    end

    defp self_reference?(reader, name) do
      Enum.any?(references(reader, name), fn reference ->
        TableDefinition.same?(reference.table, name)
      end)
    end

    # The child and parent tables of violated foreign keys, once for each row.
    defp violations(reader, name) do
      children = for reference <- references(reader, name), do: reference.table

      for table <- Enum.uniq([name | children]),
          [child, _rowid, parent, _] <-
            rows(reader, [
              ["PRAGMA ", Quoting.name(schema(reader)), ".foreign_key_check("],
              [Quoting.name(table), ?)]
            ]),
          do: [child, parent]
    end
  end
end
