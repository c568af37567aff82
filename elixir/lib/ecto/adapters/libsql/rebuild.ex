if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.Rebuild do
    @moduledoc false
    # Changes of a table that no ALTER TABLE of SQLite makes: the table is made anew.
    #
    # A new table gets the rows, with each value converted as the type of its column says, and takes the
    # old one's place: the procedure of https://sqlite.org/lang_altertable.html. Indexes, triggers, views,
    # the rowids of a table without INTEGER PRIMARY KEY, the counter of AUTOINCREMENT and the table's
    # options are kept. All is done in a transaction, or in a savepoint of the one that is open, and then
    # checked: views and triggers that no longer fit, a row that breaks a constraint or lost its
    # parent, and everything is as before.
    #
    # Dropping the old table must not delete or alter the rows that refer to it. Outside a transaction
    # foreign keys are off meanwhile. Inside one they cannot be switched; there the references to the table
    # are taken out of the schema and put back. libSQL's ALTER COLUMN does that, but not for a reference of
    # several columns, or of a column that is a key or whose definition has a comma: such a table is
    # refused inside a transaction.
    #
    # A modified column that becomes an integer or a float has to hold nothing else: a text that is no number
    # is an error, and nothing is changed.
    #
    # A removed column takes its indexes with it, and the constraints of the table that it is part of.

    import Ecto.Adapters.LibSql.SchemaReader

    alias Ecto.Adapters.LibSql.{
      SchemaReader,
      ColumnDefinition,
      Quoting,
      References,
      TableDefinition
    }

    alias Ecto.Adapters.SQL
    alias Ecto.Migration.Reference

    @savepoint "ecto_libsql_rebuild"

    @doc "Makes `changes` of a migration to a table."
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

    @doc "Whether ALTER TABLE cannot remove the column."
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

    # In a transaction the engine ignores the switch.
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

      # They are looked at when a table is renamed, and would not find this one.
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
                  "a row of #{child} would have no parent in #{parent}"
                )
      end
    end

    # To rename a column the engine reads the whole schema, and refuses if something does not fit.
    defp fits!(reader, name, %{columns: [{column, _} | _]}) do
      column = Quoting.name(column)
      rename = ["ALTER TABLE ", quoted(reader, name), " RENAME COLUMN ", column, " TO ", column]
      rows(reader, "SAVEPOINT #{@savepoint}_check")
      rows(reader, rename)
      rows(reader, "ROLLBACK TO #{@savepoint}_check")
      rows(reader, "RELEASE #{@savepoint}_check")
    end

    defp fits!(_connection, _name, _new), do: :ok

    # Copies the rows, then lets the new table take the place of the old one.
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

    # Nobody knows the new table by its name yet.
    defp copied!(reader, name, temporary) do
      copy(reader, name, temporary)
    rescue
      error in EctoLibSql.Error ->
        constraint = error.constraint && %{error.constraint | table: name}
        message = String.replace(error.message, temporary, name)
        reraise %{error | message: message, constraint: constraint}, __STACKTRACE__
    end

    # A column takes what is no number as it is, and rounds a number of many digits.
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

    # The digits of a decimal that was a text.
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
              "the column #{column} of #{name} cannot become #{type}: it holds #{value}"
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

    # The rowid by a name that is no column, where both tables have one that is not a column itself.
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

      # The new table has a counter if it counts, and rows.
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

    # The key of a column that has the default name, which is not written.
    defp without_reference(definition, table, name) do
      with {column, _} <-
             Enum.find(definition.columns, fn {column, _} ->
               TableDefinition.same?(References.default_name(table, column), name)
             end),
           do: TableDefinition.delete_reference(definition, column),
           else: (nil -> :error)
    end

    # A reference of several columns is a constraint of the table.
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
        {:ok, definition} -> definition
        :error -> raise sql_error("there is no table #{name} that could be changed")
      end
    end

    defp sql_error(message), do: EctoLibSql.Error.new(:sql, message)

    # Of two tables that refer to themselves only the name of the new one follows it.
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
                    "put @disable_ddl_transaction true into the migration"
                )
        end

        alter_column(reader, child, sql, TableDefinition.without_reference(sql))
        {child, sql}
      end
    end

    # The engine compares the name as it is written.
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

    # Children and parents, once for each row.
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
