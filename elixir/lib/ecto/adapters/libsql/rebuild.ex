if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.Rebuild do
    @moduledoc """
    Changes of a table that no ALTER TABLE of SQLite makes: the table is made anew.

    A new table gets the rows, with each value converted as the type of its column says, and takes the
    old one's place: the procedure of https://sqlite.org/lang_altertable.html. Indexes, triggers, views,
    the rowids of a table without INTEGER PRIMARY KEY, the counter of AUTOINCREMENT and the table's
    options are kept. All is done in a transaction, or in a savepoint of the one that is open, and then
    checked: views and triggers that no longer fit, a row that breaks a constraint or lost its
    parent, and everything is as before.

    Dropping the old table must not delete or alter the rows that refer to it. Outside a transaction
    foreign keys are off meanwhile. Inside one they cannot be switched; there the references to the table
    are taken out of the schema and put back. libSQL's ALTER COLUMN does that, but not for a reference of
    several columns, or of a column that is a key or whose definition has a comma: such a table is
    refused inside a transaction.

    A removed column takes its indexes with it, and the constraints of the table that it is part of.
    """

    alias Ecto.Adapters.LibSql.{ColumnDefinition, Quoting, References, TableDefinition}
    alias Ecto.Migration.Reference

    @savepoint "ecto_libsql_rebuild"

    @typep run :: (DBConnection.conn(), iodata, list -> [list] | nil)

    @doc "Makes `changes` of a migration to a table. `run` runs one statement and gives its rows."
    @spec run(DBConnection.conn(), struct, [tuple], run) :: :ok
    def run(pool, table, changes, run) do
      DBConnection.run(pool, fn conn ->
        connection = %{run: &run.(conn, &1, &2), prefix: table.prefix}

        if DBConnection.status(conn) == :transaction do
          suspend? = rows(connection, "PRAGMA foreign_keys") == [[1]]
          in_savepoint(connection, fn -> rebuild(connection, table, changes, suspend?) end)
        else
          without_foreign_keys(connection, fn ->
            work = fn _ -> rebuild(connection, table, changes, false) end
            {:ok, :ok} = DBConnection.transaction(conn, work, mode: :immediate)
          end)
        end

        :ok
      end)
    end

    @doc "Whether ALTER TABLE cannot remove the column."
    @spec needed_to_remove?(DBConnection.conn(), struct, atom, run) :: boolean
    def needed_to_remove?(conn, table, column, run) do
      connection = %{run: &run.(conn, &1, &2), prefix: table.prefix}
      name = to_string(column)

      case definition(connection, to_string(table.name)) do
        {:ok, definition} ->
          kinds =
            if sql = TableDefinition.column(definition, name),
              do: TableDefinition.kinds(sql),
              else: []

          Enum.any?(kinds, &(&1 in [:primary_key, :unique, :references])) or
            Enum.any?(definition.constraints, &TableDefinition.about?(&1, name)) or
            Enum.any?(indexes(connection, table.name), &TableDefinition.index_about?(&1, name))

        :error ->
          false
      end
    end

    # In a transaction the engine ignores the switch.
    defp without_foreign_keys(connection, work) do
      [[enforced]] = rows(connection, "PRAGMA foreign_keys")
      rows(connection, "PRAGMA foreign_keys = OFF")

      try do
        work.()
      after
        rows(connection, "PRAGMA foreign_keys = #{enforced}")
      end
    end

    defp in_savepoint(connection, work) do
      rows(connection, "SAVEPOINT #{@savepoint}")

      try do
        work.()
      rescue
        error ->
          rows(connection, "ROLLBACK TO #{@savepoint}")
          rows(connection, "RELEASE #{@savepoint}")
          reraise error, __STACKTRACE__
      end

      rows(connection, "RELEASE #{@savepoint}")
    end

    defp rebuild(connection, table, changes, suspend?) do
      name = to_string(table.name)
      old = definition!(connection, name)
      new = Enum.reduce(changes, old, &change(&2, &1, table))
      removed = for {known, _} <- old.columns, TableDefinition.column(new, known) == nil, do: known

      indexes =
        for sql <- indexes(connection, name),
            not Enum.any?(removed, &TableDefinition.index_about?(sql, &1)),
            do: sql

      # They are looked at when a table is renamed, and would not find this one.
      others = others(connection)
      violations = violations(connection, name)

      for {type, other, _} <- Enum.reverse(others),
          do: rows(connection, ["DROP ", type, ?\s, quoted(connection, other)])

      suspended = if suspend?, do: suspend(connection, name), else: []

      place(connection, name, new)

      for {child, sql} <- suspended, do: alter_column(connection, child, sql, sql)
      for sql <- indexes, do: rows(connection, sql)
      for {_, _, sql} <- others, do: rows(connection, sql)

      fits!(connection, name, new)

      case violations(connection, name) -- violations do
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
    defp fits!(connection, name, %{columns: [{column, _} | _]}) do
      column = Quoting.name(column)
      rename = ["ALTER TABLE ", quoted(connection, name), " RENAME COLUMN ", column, " TO ", column]
      rows(connection, "SAVEPOINT #{@savepoint}_check")
      rows(connection, rename)
      rows(connection, "ROLLBACK TO #{@savepoint}_check")
      rows(connection, "RELEASE #{@savepoint}_check")
    end

    defp fits!(_connection, _name, _new), do: :ok

    # Copies the rows, then lets the new table take the place of the old one.
    defp place(connection, name, new) do
      temporary = "ecto_libsql_new_" <> name
      from = quoted(connection, name)
      to = quoted(connection, temporary)
      if self_reference?(connection, name), do: rows(connection, "PRAGMA defer_foreign_keys = ON")

      new = referring(new, name, temporary)
      rows(connection, TableDefinition.to_sql(new, to))
      copy(connection, name, temporary)
      keep_counter(connection, name, temporary)
      rows(connection, ["DROP TABLE ", from])
      rows(connection, ["ALTER TABLE ", to, " RENAME TO ", Quoting.name(name)])
    end

    defp copy(connection, name, temporary) do
      old = columns(connection, name)
      new = for {column, false} <- columns(connection, temporary), do: column

      shared =
        for column <- new,
            Enum.any?(old, fn {known, _} -> TableDefinition.same?(known, column) end),
            do: column

      names = rowid(connection, [name, temporary]) ++ Enum.map(shared, &Quoting.name/1)

      if names != [] do
        names = Enum.intersperse(names, ", ")

        rows(connection, [
          ["INSERT INTO ", quoted(connection, temporary), " (", names, ") SELECT ", names],
          [" FROM ", quoted(connection, name)]
        ])
      else
        rows(connection, [
          "INSERT INTO ",
          quoted(connection, temporary),
          " (_rowid_) SELECT NULL FROM ",
          quoted(connection, name)
        ])
      end
    end

    # The rowid by a name that is no column, where both tables have one that is not a column itself.
    defp rowid(connection, tables) do
      columns = Enum.flat_map(tables, &columns(connection, &1)) |> Enum.map(&elem(&1, 0))

      free =
        Enum.find(["rowid", "_rowid_", "oid"], fn name ->
          not Enum.any?(columns, &TableDefinition.same?(&1, name))
        end)

      if free && Enum.all?(tables, &hidden_rowid?(connection, &1)), do: [free], else: []
    end

    defp hidden_rowid?(connection, table) do
      [[without_rowid]] =
        rows(connection, "SELECT wr FROM pragma_table_list WHERE schema = ?1 AND name = ?2", [
          schema(connection),
          table
        ])

      key =
        rows(connection, "SELECT upper(type) FROM pragma_table_xinfo(?1, ?2) WHERE pk > 0", [
          table,
          schema(connection)
        ])

      without_rowid == 0 and key != [["INTEGER"]]
    end

    defp keep_counter(connection, name, temporary) do
      sequence = Quoting.name(connection.prefix, "sqlite_sequence")

      exists = [
        "SELECT 1 FROM ",
        Quoting.name(connection.prefix, "sqlite_schema"),
        " WHERE name = 'sqlite_sequence'"
      ]

      # The new table has a counter if it counts, and rows.
      autoincrement? =
        Enum.any?(tables(connection), fn [table, sql] ->
          table == temporary and sql =~ ~r/\bAUTOINCREMENT\b/i
        end)

      if autoincrement? and rows(connection, exists) != [] do
        rows(
          connection,
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
          connection,
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
      case TableDefinition.delete_constraint(definition, to_string(name)) do
        {:ok, definition} -> definition
        :error when if_exists -> definition
        :error -> raise sql_error("the table #{table.name} has no constraint #{name}")
      end
    end

    # A reference of several columns is a constraint of the table.
    defp without_replaced_constraint(definition, table, column, opts) do
      case from_type(opts[:from]) do
        %Reference{with: [_ | _]} = reference ->
          name = reference.name || "#{table.name}_#{column}_fkey"
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

    defp definition!(connection, name) do
      case definition(connection, name) do
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

    defp suspend(connection, name) do
      for [child, column, parts] <- references(connection, name),
          not TableDefinition.same?(child, name) do
        sql = parts == 1 && TableDefinition.column(definition!(connection, child), column)

        if !sql or not TableDefinition.alterable?(sql) or
             :references not in TableDefinition.kinds(sql) do
          raise EctoLibSql.Error.new(
                  :unsupported,
                  "#{name} cannot be changed inside a transaction while #{child} (#{column}) refers to it: " <>
                    "put @disable_ddl_transaction true into the migration"
                )
        end

        alter_column(connection, child, sql, TableDefinition.without_reference(sql))
        {child, sql}
      end
    end

    # The engine compares the name as it is written.
    defp alter_column(connection, table, sql, new) do
      name = TableDefinition.name_text(sql)

      rows(connection, [
        "ALTER TABLE ",
        quoted(connection, table),
        " ALTER COLUMN ",
        name,
        " TO ",
        new
      ])
    end

    # Each column that refers to the table, with the number of columns of its reference.
    defp references(connection, name) do
      rows(
        connection,
        """
        SELECT t.name, f."from", (SELECT count(*) FROM pragma_foreign_key_list(t.name, ?2) AS g WHERE g.id = f.id)
        FROM pragma_table_list AS t, pragma_foreign_key_list(t.name, t.schema) AS f
        WHERE t.schema = ?2 AND t.type = 'table' AND lower(f."table") = lower(?1) ORDER BY t.name, f.id, f.seq
        """,
        [name, schema(connection)]
      )
    end

    defp self_reference?(connection, name) do
      Enum.any?(references(connection, name), fn [child | _] ->
        TableDefinition.same?(child, name)
      end)
    end

    # Children and parents, once for each row.
    defp violations(connection, name) do
      children = for [child | _] <- references(connection, name), do: child

      for table <- Enum.uniq([name | children]),
          [child, _rowid, parent, _] <-
            rows(connection, [
              ["PRAGMA ", Quoting.name(schema(connection)), ".foreign_key_check("],
              [Quoting.name(table), ?)]
            ]),
          do: [child, parent]
    end

    ## What there is

    defp definition(connection, name) do
      case Enum.find(tables(connection), fn [table, _] -> TableDefinition.same?(table, name) end) do
        [_, sql] -> TableDefinition.parse(sql)
        nil -> :error
      end
    end

    defp tables(connection) do
      rows(connection, [
        "SELECT name, sql FROM ",
        Quoting.name(connection.prefix, "sqlite_schema"),
        " WHERE type = 'table' AND sql IS NOT NULL"
      ])
    end

    defp indexes(connection, table) do
      rows(
        connection,
        [
          ["SELECT sql FROM ", Quoting.name(connection.prefix, "sqlite_schema")],
          " WHERE type = 'index' AND sql IS NOT NULL AND lower(tbl_name) = lower(?1) ORDER BY rowid"
        ],
        [to_string(table)]
      )
      |> Enum.map(&in_schema(connection, hd(&1)))
    end

    defp others(connection) do
      rows(connection, [
        ["SELECT type, name, sql FROM ", Quoting.name(connection.prefix, "sqlite_schema")],
        " WHERE type IN ('view', 'trigger') ORDER BY type = 'trigger', rowid"
      ])
      |> Enum.map(fn [type, name, sql] -> {type, name, in_schema(connection, sql)} end)
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

    # Ordinary and generated columns.
    defp columns(connection, table) do
      for [name, hidden] <-
            rows(connection, "SELECT name, hidden FROM pragma_table_xinfo(?1, ?2) ORDER BY cid", [
              table,
              schema(connection)
            ]),
          do: {name, hidden in [2, 3]}
    end

    defp schema(connection), do: to_string(connection.prefix || "main")
    defp quoted(connection, name), do: Quoting.name(connection.prefix, name)
    defp rows(connection, sql, params \\ []), do: connection.run.(sql, params)
  end
end
