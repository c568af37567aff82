if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  defmodule Ecto.Adapters.LibSql do
    @moduledoc """
    An Ecto adapter for libSQL and Turso.

        config :my_app, MyApp.Repo,
          adapter: Ecto.Adapters.LibSql,
          database: "app.db"

    A repo takes the options in `EctoLibSql.Options` and those that every Ecto repo takes. How types are stored is
    application-wide configuration, because Ecto does not pass the repo when it asks the adapter about types:

        config :ecto_libsql, binary_id_type: :binary

    | option | values (default first) |
    |---|---|
    | `:binary_id_type`, `:uuid_type` | `:string`, `:binary` (16 bytes) |
    | `:map_type`, `:array_type` | `:string`, `:binary` (JSONB) |
    | `:datetime_type` | `:iso8601`, `:text_datetime` (a space instead of `T`, and no `Z`) |
    | `:decimal_type` | `:numeric`, `:text` |
    | `:type_extensions` | `[]`, or modules that implement `Ecto.Adapters.LibSql.TypeExtension` |

    ## Types

    | in schemas and migrations | column | stored as |
    |---|---|---|
    | `:id`, `:serial`, `:bigserial`, `:identity`, `:integer`, `:bigint` | INTEGER | 64 bits |
    | `:boolean` | INTEGER | 0 and 1 |
    | `:float` | REAL | |
    | `:decimal`, `:numeric` | DECIMAL, NUMERIC; or DECIMAL_TEXT | a number, or a text; see below |
    | `:string`, `:text`, `:duration` | TEXT | |
    | `:binary`, `:bitstring` | BLOB | |
    | `:date`; `:time`, `:time_usec`; `:naive_datetime`, `:utc_datetime` and other times | DATE; TIME; DATETIME | ISO 8601 text, in UTC |
    | `:map`, `{:map, _}`, `:array`, `{:array, _}`, embeds | TEXT, or BLOB by option | JSON, or JSONB |
    | `:binary_id`, `:uuid`, `Ecto.UUID` | TEXT, or BLOB by option | text or 16 bytes; both can be read |
    | any other atom, such as `:"F32_BLOB(3)"` or `:jsonb` | the atom in upper case | |

    `size:`, `precision:` and `scale:` are not written to the schema: SQLite does not enforce them, and a comma in a type
    would prevent a later `modify/3` of the column. In a STRICT table, which allows only a few types, dates, times and
    decimals are TEXT.

    ### Decimals

    A decimal column holds numbers: 64-bit integers, and other numbers with 15 significant digits. Check constraints,
    indexes and other tools compare them as numbers. A value that the column would round raises `ArgumentError`.

    For more digits, store decimals as text: set `precision:` above 15 in the migration of the column, or
    `decimal_type: :text` for all columns. A text column keeps every digit as written. Queries with a schema still treat
    it as a number: when a `:decimal` field is compared or ordered, the text is converted to a number, with the 15 to 17
    digits of a double. However, `group_by`, `distinct`, unique indexes and raw SQL compare the text, so `10.1` and
    `10.10` are different.

    A comparison with a field uses the index of the field. `order_by`, `min/1` and `max/1` of a decimal do not, because
    the column may be text. If it is not, `order_by: fragment("?", p.price)` uses the index.

    Results computed from decimals (`sum/1`, `avg/1`, `min/1` and `max/1`, `inc:`) have the precision of a double, even
    if the column is text. `inc:` writes such a result to the column, and is an error if that would lose more digits.
    `order_by: [desc: p.price], limit: 1` returns the greatest value with all its digits. Without a schema, write
    `type(p.price, :decimal)`.

    `union`, `intersect` and `except` compare decimals from both kinds of column as numbers. A text with more digits than
    a number can hold equals only the same text.

    ### Times

    Dates and times are stored as text, each type in one format, so that the order of the texts is that of the times. If
    a type with microseconds is compared with one without, or a date with a datetime, both are compared as points in
    time. That includes `ago/2`, `from_now/2` and `datetime_add/3`, whose results have microseconds if they need them. A
    column that is compared with one of these, or with a value of another type, uses its index; two columns of different
    types do not.

    A row in another format, such as that of `CURRENT_TIMESTAMP` or of another `datetime_type`, is read, but compared as
    the text that it is. In a default write `fragment("strftime('%Y-%m-%dT%H:%M:%SZ', 'now')")`.

    A `DateTime` in another time zone is stored in UTC. A time that `update_all` or the query of an `insert_all` computes
    is written in the format of the column, which cuts off what its type does not have. There is no other addition or
    subtraction of times than `datetime_add/3` and `date_add/3`.

    Ecto removes the microseconds of a plain parameter that is compared with `datetime_add/3`, as with every adapter. To
    keep them, write its type: `datetime_add(p.seen_at, 1, "day") < type(^now, :utc_datetime_usec)`.

    ### Arrays, maps, JSON

    Arrays and maps are stored as JSON text, and are equal if their text is equal. `<`, `max/1` and similar operations
    refuse them. A path (`p.meta["a"]`) compared with `true` or `false` matches only JSON booleans, not 1 and 0; compared
    with a number, it matches only numbers. A JSON `null` is NULL.

    Without a schema, `insert_all` and `update_all` write a list as JSON if the column is declared as TEXT, BLOB or JSON
    (or has no type), and raise `ArgumentError` for any other column. Raw SQL refuses lists, because the column is not
    known: pass the JSON of the list.

    ## Queries

      * `like/2` and `ilike/2` are the same: SQLite's LIKE ignores the case of ASCII letters only. It has no default
        escape character; to use one, write `fragment("? LIKE ? ESCAPE '!'", p.name, ^pattern)`.
      * A selected value has the type that Ecto and the schemas give its expression. The type of a fragment, or of a
        field of a source without a schema, is unknown, so its value is returned as SQLite stores it. Use `type/2` to
        give it a type: `type(x.day, :date)`.
      * A text is never equal to a blob. When you compare a computed binary, write `type(^bytes, :binary)`.
      * `type/2` casts to integers, floats, booleans, strings and binaries, and casts times to `:date`. Every other type
        is stored as text already.
      * `in ^list` accepts lists of any length: a long list is passed as one parameter. A selected `in` is 1 or 0, as
        with ecto_sqlite3 and MyXQL, because Ecto does not declare it to be a boolean; `(p.id in ^ids) == true` is one.
      * `update_all` and `delete_all` can select columns of the table that they write to; these have their new values.
        From a joined source they can select only columns of a source that is known to be the same row, also with the
        new values, or an id that is known to be equal, because SQLite's RETURNING returns no others.
      * Locks, `with_ties`, `except_all`, `intersect_all` and lateral joins of subqueries raise `Ecto.QueryError`,
        because SQLite has no equivalent.

    ## Constraints

    The names that changesets use:

    | violated | in the changeset |
    |---|---|
    | a unique index or constraint | `unique_constraint/3`: its name, or `<table>_<columns>_index` if it has none |
    | the primary key | `unique_constraint/3`: `<table>_<columns>_index` |
    | a foreign key | `foreign_key_constraint/3` and the like: its name, or `<table>_<column>_fkey` with the first column if it has none |
    | a check constraint | `check_constraint/3`: its name |
    | NOT NULL | `check_constraint/3`: `<table>_<column>_not_null` |

    If the engine does not report which foreign key was violated, the error is raised.

    ## Limits

    A statement can have 32,766 parameters; an `insert_all` that needs more runs as several statements in one
    transaction. A query can have 2,000 columns, a compound query 500 arms, and a join 64 tables. A text or blob can have
    at most 1,000,000,000 bytes.

    ## Transactions

    SQLite allows one writer at a time. A transaction that reads and then writes fails with `database is locked` if
    another connection has written in between. Start such a transaction with
    `Repo.transaction(work, mode: :immediate)`, or set `default_transaction_mode: :immediate` for the whole repo. Nested
    transactions are savepoints only under `Ecto.Adapters.SQL.Sandbox`; as with every adapter, an inner
    `Repo.rollback/1` rolls back the whole transaction.

    A transaction begun with SQL (`BEGIN`) has to end in the same `Repo.checkout/2`, because a connection never returns
    to the pool inside a transaction. `Repo.query("BEGIN")` on its own fails.

    ## Migrations

    For changes that SQLite's ALTER TABLE cannot make, the adapter rebuilds the table with its rows, indexes and triggers:
    `modify`; creating or dropping a constraint; removing a column that an index or a constraint uses; and adding a primary
    key, a unique or stored generated column, a multi-column reference or a computed default. `modify` converts the values,
    and keeps whatever it does not name (NOT NULL, DEFAULT ...).

      * `table(..., options:)` is a string that is appended, or a keyword list: `strict: true`, `without_rowid: true`,
        `random_rowid: true` (libSQL), `rtree: true` (a virtual table whose columns have names but no types).
      * A single primary key column of type `:serial`, `:bigserial` (Ecto's default) or `:identity` is
        `INTEGER PRIMARY KEY AUTOINCREMENT`, so that the id of a deleted row is never used again. AUTOINCREMENT is left
        out if the table has no rowid or a random one. A key of type `:id` or `:integer` has it only with
        `autoincrement: true`. Several key columns are a table-level PRIMARY KEY. Key columns are NOT NULL, as in
        PostgreSQL and MySQL, unless they have `null: true`.
      * Columns take `null:`, `default:`, `primary_key:`, `unique:`, `collation:` or `collate:`, `check:` (a string,
        `%{name:, expr:}`, or a keyword list of both) and `generated:` (an expression, with `stored: true` to store it; or
        `"ALWAYS AS (expr) STORED"`). A `default:` that is a fragment is put in brackets, unless it is a single word; nil
        and `:null` mean no default; for a value that cannot be written in SQL, a warning is logged.
      * `references/2` takes all of Ecto's actions, except `{:nilify, columns}` and `{:default, columns}` of only some
        columns of a key, because SQLite sets all of them. `validate: false` is accepted but has no effect.
        `options: [deferrable: :initially_deferred | true]` is passed on.
      * `drop` fails while rows of other tables refer to the table and SQLite would delete or change them.
      * `:comment` is accepted but has no effect: SQLite stores no comments.
      * `:engine`, `:concurrently`, `:only`, `:include`, `:using`, `nulls_distinct: false`, keyword commands, `:cascade`,
        exclusion constraints and constraints with `validate: false` raise `ArgumentError`.

    ### The migration lock

    Only one migrator runs at a time, across processes and nodes. The lock takes no connection from the pool, so
    `pool_size: 1` can migrate.

    | database | lock | if its owner dies, it is released |
    |---|---|---|
    | a file | the engine's write lock on `<file>-migration_lock`, an empty file that is not removed | with its process |
    | on a server, including replicas | a row in the table `ecto_libsql_migration_lock` on the server | after `:migration_lock_lease_ms` |

    The file can be deleted while no migrator is running. Repo options:

      * `migration_lock: false` - no lock at all
      * `:migration_advisory_lock_retry_interval_ms` - the interval between a waiting migrator's attempts (default 500)
      * `:migration_advisory_lock_max_tries` - the number of attempts before it raises (default `:infinity`)
      * `:migration_lock_lease_ms` - how long a lock on a server outlives its owner (default 15_000)

    ## Prefixes

    A prefix is the name of a database in the option `:attach`, which every connection in the pool attaches. See
    `EctoLibSql.Options`.
    """

    use Ecto.Adapters.SQL, driver: :ecto_libsql

    @behaviour Ecto.Adapter.Storage
    @behaviour Ecto.Adapter.Structure

    alias Ecto.Adapters.LibSql.{
      Codec,
      WrittenColumns,
      InsertChunks,
      InsertedQueries,
      InExpression,
      MigrationLock,
      Migrator,
      RowKey,
      SelectColumns
    }

    alias EctoLibSql.{DatabaseLocation, TypeOptions}

    # The migration lock depends on where the database is.
    defoverridable init: 1

    def init(config) do
      config = config |> valid!() |> for_pool!()

      with {:ok, child, meta} <- super(config) do
        {:ok, child,
         Map.merge(meta, %{
           mode: EctoLibSql.State.detect_mode(config),
           connect: MigrationLock.Row.connect(config)
         })}
      end
    end

    # Raises for wrong options, with the reason.
    defp valid!(config) do
      with {:error, error} <- EctoLibSql.Options.check(config), do: wrong!(config, error)
      config
    end

    defp for_pool!(config) do
      # Whatever is no number is the pool's to refuse.
      sizes = for name <- [:pool_size, :pool_count], is_integer(config[name]), do: config[name]
      size = Enum.product(sizes)

      case DatabaseLocation.for_pool(config, size) do
        {:ok, config} -> config
        {:error, error} -> wrong!(config, error)
      end
    end

    defp wrong!(config, error),
      do: raise(ArgumentError, "invalid options of #{inspect(config[:repo])}: #{error.message}")

    defp memory?(config), do: EctoLibSql.State.detect_mode(config) == :local and file(config) == nil

    # --- types ---

    @impl Ecto.Adapter
    defdelegate loaders(primitive, type), to: Codec

    @impl Ecto.Adapter
    defdelegate dumpers(primitive, type), to: Codec

    @impl Ecto.Adapter.Schema
    def autogenerate(:id), do: nil
    def autogenerate(:embed_id), do: Ecto.UUID.generate()

    def autogenerate(:binary_id) do
      case TypeOptions.get(:binary_id_type) do
        :string -> Ecto.UUID.generate()
        :binary -> {:blob, Ecto.UUID.bingenerate()}
      end
    end

    # --- queries ---

    defoverridable stream: 5

    @impl Ecto.Adapter.Queryable
    def prepare(operation, query) do
      :ok = SelectColumns.refuse_whole_source!(query)
      super(operation, query)
    end

    @impl Ecto.Adapter.Queryable
    def execute(meta, query_meta, prepared, params, options) do
      :ok = check(prepared, params, options)
      prepared = RowKey.resolve(meta, query_meta, prepared)
      params = WrittenColumns.update_all!(meta, query_meta, prepared, params)
      {count, rows} = super(meta, query_meta, prepared, params, options)
      {count, SelectColumns.decode(rows, decoders(prepared))}
    end

    @impl Ecto.Adapter.Queryable
    def stream(meta, query_meta, prepared, params, options) do
      :ok = check(prepared, params, options)
      decoders = decoders(prepared)

      meta
      |> super(query_meta, prepared, params, options)
      |> Stream.map(fn {count, rows} -> {count, SelectColumns.decode(rows, decoders)} end)
    end

    # Only rows of Ecto's queries are decoded. Raw SQL does not come here, whatever comment it ends with.
    defp decoders({:cached, _update, _reset, {_id, %{decoders: decoders}}}), do: decoders
    defp decoders({:cached, _update, _reset, {_id, sql}}), do: SelectColumns.decoders(sql)
    defp decoders({:cache, _update, {_id, sql}}), do: SelectColumns.decoders(sql)
    defp decoders({:nocache, {_id, sql}}), do: SelectColumns.decoders(sql)

    defp check({:cache, _update, {_id, sql}}, _params, _options),
      do: InExpression.refuse_array!(sql)

    defp check({:nocache, {_id, sql}}, params, options),
      do: InExpression.refuse_array!(sql, params, options[:cast_params] || [])

    defp check(_cached, _params, _options), do: :ok

    # --- connections ---

    # If a connection is checked in inside a transaction that SQL began, `DBConnection` closes it, unless an exception
    # causes the check-in.
    @impl Ecto.Adapter
    def checkout(meta, options, fun) do
      if checked_out?(meta),
        do: super(meta, options, fun),
        else: super(meta, options, fn -> undone_if_it_fails(meta, fun) end)
    end

    defp undone_if_it_fails(meta, fun) do
      fun.()
    catch
      kind, reason ->
        begun? = EctoLibSql.ConnectionCallback.new(&(&1.begun_by != nil))

        with {:ok, {:returned, true}} <- Ecto.Adapters.SQL.query(meta, begun?, [], log: false),
             do: Ecto.Adapters.SQL.query(meta, "ROLLBACK", [], log: false)

        :erlang.raise(kind, reason, __STACKTRACE__)
    end

    # --- writing ---

    @impl Ecto.Adapter.Schema
    def insert(meta, schema_meta, fields, on_conflict, returning, options) do
      {fields, on_conflict} = WrittenColumns.write!(meta, schema_meta, fields, on_conflict)
      super(meta, schema_meta, fields, on_conflict, returning, options)
    end

    @impl Ecto.Adapter.Schema
    def update(meta, schema_meta, fields, filters, returning, options) do
      {fields, _} = WrittenColumns.write!(meta, schema_meta, fields)
      filters = WrittenColumns.compared(filters)
      super(meta, schema_meta, fields, filters, returning, options)
    end

    @impl Ecto.Adapter.Schema
    def insert_all(meta, schema_meta, header, rows, on_conflict, returning, placeholders, options) do
      {rows, on_conflict, placeholders} =
        WrittenColumns.write_all!(meta, schema_meta, header, rows, on_conflict, placeholders)

      rows = InsertedQueries.prepare!(schema_meta.schema, header, rows)

      insert = fn {header, rows, on_conflict} ->
        Ecto.Adapters.SQL.insert_all(
          meta,
          schema_meta,
          Ecto.Adapters.LibSql.Connection,
          header,
          rows,
          on_conflict,
          returning,
          placeholders,
          options
        )
      end

      case InsertChunks.split(header, rows, on_conflict, placeholders) do
        [chunk] -> insert.(chunk)
        chunks -> insert_chunks(meta, chunks, insert, options)
      end
    end

    # All or nothing. Inside a transaction it uses a savepoint, so that after a failure the transaction stays usable,
    # just as after a single failed statement.
    defp insert_chunks(meta, chunks, insert, options) do
      options = Keyword.take(options, [:timeout, :log])

      results =
        if in_transaction?(meta) do
          in_savepoint(meta, options, fn -> Enum.map(chunks, insert) end)
        else
          {:ok, results} = transaction(meta, options, fn -> Enum.map(chunks, insert) end)
          results
        end

      {counts, rows} = Enum.unzip(results)
      {Enum.sum(counts), if(hd(rows), do: Enum.concat(rows))}
    end

    defp in_savepoint(meta, options, work) do
      run = &Ecto.Adapters.SQL.query!(meta, &1 <> " ecto_libsql_insert_all", [], options)
      run.("SAVEPOINT")

      try do
        work.()
      rescue
        error ->
          run.("ROLLBACK TO")
          run.("RELEASE")
          reraise error, __STACKTRACE__
      else
        result ->
          run.("RELEASE")
          result
      end
    end

    # --- storage ---

    @impl Ecto.Adapter.Storage
    def storage_up(options) do
      path = options |> valid!() |> file()

      cond do
        # Opening the connection creates it.
        memory?(options) -> :ok
        path == nil or File.exists?(path) -> {:error, :already_up}
        true -> create(path, options)
      end
    end

    defp create(path, options) do
      {:ok, attached} = EctoLibSql.Attached.options(options)
      paths = for {_name, path, _key} <- attached, file = DatabaseLocation.file(path), do: file
      for path <- [path | paths], do: File.mkdir_p!(Path.dirname(path))

      with {:ok, state} <- EctoLibSql.connect(Keyword.drop(options, [:mode])) do
        EctoLibSql.disconnect(:created, state)
      end
    end

    @impl Ecto.Adapter.Storage
    def storage_down(options) do
      case file(options) do
        nil ->
          if options[:database], do: {:error, :already_down}, else: {:error, :not_supported}

        path ->
          existed = File.exists?(path)

          for suffix <- ~w(-wal -shm -journal -info -client_wal_index -migration_lock),
              do: File.rm(path <> suffix)

          if existed, do: File.rm(path), else: {:error, :already_down}
      end
    end

    @impl Ecto.Adapter.Storage
    def storage_status(options) do
      case file(options) do
        nil -> if options[:database], do: :down, else: :up
        path -> if File.exists?(path), do: :up, else: :down
      end
    end

    defp file(options), do: DatabaseLocation.file(options[:database])

    # --- structure ---

    @impl Ecto.Adapter.Structure
    def structure_dump(default, config) do
      if config[:dump_prefixes],
        do: {:error, "the adapter always dumps the whole database: leave out --prefix"},
        else: dump(default, config)
    end

    defp dump(default, config) do
      path = config[:dump_path] || Path.join(default, "structure.sql")

      with {:ok, text} <- schema_of(config) do
        File.mkdir_p!(Path.dirname(path))
        File.write!(path, text)
        {:ok, path}
      end
    end

    @impl Ecto.Adapter.Structure
    def structure_load(default, config) do
      path = config[:dump_path] || Path.join(default, "structure.sql")

      with {:ok, script} <- read(path),
           {:ok, _} <- with_connection(config, &load!(&1, script)) do
        {:ok, path}
      end
    end

    defp read(path) do
      with {:error, reason} <- File.read(path),
           do: {:error, "#{path}: #{:file.format_error(reason)}"}
    end

    # Ecto itself never calls this; it is there for the user's own tasks.
    @impl Ecto.Adapter.Structure
    def dump_cmd(arguments, options \\ [], config) do
      path = file(config)

      if path == nil or config[:uri] || config[:encryption_key] do
        raise ArgumentError,
              "the sqlite3 tool can only read unencrypted files of a local database: use structure_dump/2"
      end

      System.cmd("sqlite3", ["-init", "/dev/null", path | arguments], options)
    end

    @begins "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n"
    @ends "COMMIT;\n"

    # The schema as the driver dumps it, and the migration versions. The driver leaves out what virtual tables and
    # indexes create themselves, and comments after a statement.
    defp schema_of(config) do
      with_connection(config, fn state ->
        definitions = definitions!(state)

        source = to_string(config[:migration_source] || "schema_migrations")
        quoted = ~s("#{String.replace(source, ~s("), ~s(""))}")

        versions =
          case rows!(state, "SELECT 1 FROM sqlite_schema WHERE name = ?", [source]) do
            [] ->
              []

            _ ->
              rows!(
                state,
                "SELECT format('INSERT INTO #{quoted} (version, inserted_at) VALUES (%s, %s)', quote(version), " <>
                  "quote(inserted_at)) FROM #{quoted} ORDER BY version"
              )
          end

        IO.iodata_to_binary([definitions, for([sql] <- versions, do: [sql, ";\n"])])
      end)
    end

    defp definitions!(state) do
      case EctoLibSql.Native.dump(state, rows: false) do
        {:ok, @begins <> text} -> String.replace_suffix(text, @ends, "")
        {:error, error} -> raise error
      end
    end

    defp with_connection(config, work) do
      with {:ok, state} <- EctoLibSql.connect(config) do
        try do
          {:ok, work.(state)}
        rescue
          error in EctoLibSql.Error -> {:error, Exception.message(error)}
        after
          EctoLibSql.disconnect(:done, state)
        end
      else
        {:error, error} -> {:error, Exception.message(error)}
      end
    end

    defp rows!(state, sql, params \\ []) do
      case EctoLibSql.handle_execute(sql, params, [], state) do
        {:ok, _, %{rows: rows}, _} -> rows
        {_, error, _} -> raise error
      end
    end

    # All or nothing. It also reads what other adapters write, which is the output of the sqlite3 tool.
    defp load!(state, script) do
      with {:error, error} <- EctoLibSql.Native.load_dump(state, script), do: raise(error)
    end

    # --- migrations ---

    @impl Ecto.Adapter.Migration
    def supports_ddl_transaction?, do: true

    # The migrator handles commands that need more than one SQL statement.
    @impl Ecto.Adapter.Migration
    def execute_ddl(meta, command, options) do
      :ok = Migrator.run(meta, command, options)
      {:ok, []}
    end

    @impl Ecto.Adapter.Migration
    def lock_for_migrations(meta, options, fun) do
      MigrationLock.run(meta, options, meta.repo.config(), fun)
    end
  end
end
