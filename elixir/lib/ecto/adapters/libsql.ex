if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  defmodule Ecto.Adapters.LibSql do
    @moduledoc """
    An Ecto adapter for libSQL and Turso.

        config :my_app, MyApp.Repo,
          adapter: Ecto.Adapters.LibSql,
          database: "app.db"

    Options of the repository are those of `EctoLibSql.Options` and of every Ecto repository. How types are
    stored is an option of the application, since Ecto asks without a repository:

        config :ecto_libsql, binary_id_type: :binary

    | option | values, the default first |
    |---|---|
    | `:binary_id_type`, `:uuid_type` | `:string`, `:binary` (16 bytes) |
    | `:map_type`, `:array_type` | `:string`, `:binary` (JSONB) |
    | `:datetime_type` | `:iso8601`, `:text_datetime` (a space instead of `T`, and no `Z`) |
    | `:decimal_type` | `:numeric`, `:text` |
    | `:type_extensions` | `[]`, modules of `Ecto.Adapters.LibSql.TypeExtension` |

    ## Types

    | Ecto | in a migration's table | stored as |
    |---|---|---|
    | `:id`, `:integer` | INTEGER | 64 bits |
    | `:boolean` | INTEGER | 0 and 1 |
    | `:float` | REAL | |
    | `:decimal` | DECIMAL | a number; see below |
    | `:string` | TEXT | |
    | `:binary` | BLOB | |
    | `:date`, `:time`, `:naive_datetime`, `:utc_datetime` ... | DATE, TIME, DATETIME | a text, ISO 8601, in UTC |
    | `:map`, `{:map, _}`, `{:array, _}`, embeds | TEXT | JSON |
    | `:binary_id`, `Ecto.UUID` | TEXT, or BLOB by option | both are read |

    ### Decimals

    A column of decimals holds numbers: integers of 64 bits, and others with 15 significant digits. Checks,
    indexes and other tools compare it as numbers. A value that it would round is refused with `ArgumentError`.

    For more digits make the column a text: by `precision:` above 15 in its migration, or all of them by the option
    `decimal_type: :text`. Such a column keeps every digit, as they are written. To queries of a schema it is a
    number all the same: where a field of type `:decimal` is compared or ordered, the text is read as a number, with
    the 15 to 17 digits of a double. But `group_by`, `distinct`, unique indexes and SQL of one's own compare the
    texts: `10.1` and `10.10` are two.

    A comparison with a field uses its index. `order_by`, `min/1` and `max/1` of a decimal do not, since the column
    may be a text: `order_by: fragment("?", p.price)` does, where it is not.

    What is computed of decimals (`sum/1`, `avg/1`, `min/1` and `max/1`, `inc:`) has a double's digits, also where the
    column is a text: `inc:` writes them there, and is an error where it would lose more. `order_by: [desc: p.price],
    limit: 1` gives the greatest with all its digits. Without a schema say `type(p.price, :decimal)`.

    `union`, `intersect` and `except` compare decimals as numbers, of both kinds of columns; a text of more digits than
    a number keeps is equal to the same text only.

    ### Times

    Times are texts, which sort as the times do, as long as they are of one type. Those of types with and without
    microseconds, and dates with times, are compared by their moments; no index helps there. `ago/2` and
    `from_now/2` have microseconds: beside a field without them, less than a second decides by the text.

    A `DateTime` of another zone is stored in UTC. `datetime_add/3` keeps the form of what it is given. Times are
    not added or subtracted otherwise.

    ### Arrays, maps, JSON

    Arrays and maps are JSON texts: equal if they are written alike. `<`, `max/1` and their like refuse them. A path
    (`p.meta["a"]`) compared with `true` or `false` matches JSON's booleans only, not 1 and 0; compared with a
    number, numbers only. JSON's `null` is NULL.

    ## Queries

      * `like/2` and `ilike/2` are the same: SQLite's LIKE ignores the case of ASCII letters and of no others. It has
        no escape character: `fragment("? LIKE ? ESCAPE '!'", p.name, ^pattern)`.
      * A selected value has the type that its expression has by Ecto and the schemas. Of a fragment and of a source
        without a schema nothing is known, and it is as SQLite stores it: `type(x.day, :date)` tells.
      * A text is never equal to a blob: beside a computed binary write `type(^bytes, :binary)`.
      * `type/2` casts integers, floats, booleans, strings, binaries, and times to `:date`. Every other type is a
        text already.
      * `in ^list` takes lists of any length: a long one is one parameter.
      * `update_all` and `delete_all` select columns of the table that is written to, with their new values. Of a
        joined source they select what is known to be the same row, with the new values too, or an id that is known
        to be equal: SQLite's RETURNING sees no others.
      * Locks, `with_ties`, `except_all`, `intersect_all` and lateral joins of subqueries raise `Ecto.QueryError`:
        SQLite has none.

    ## Limits

    A statement takes 32,766 parameters; `insert_all` of more is several statements in one transaction. A query may
    have 2,000 columns, a compound 500 arms, a join 64 tables. A text or blob has at most 1,000,000,000 bytes.

    ## Transactions

    SQLite has one writer at a time. A transaction that reads and then writes fails when another has written in
    between (`database is locked`): begin it as a writer, `Repo.transaction(work, mode: :immediate)`, or all by
    `default_transaction_mode: :immediate`. Nested ones are savepoints only for `Ecto.Adapters.SQL.Sandbox`; as
    everywhere in Ecto, an inner `Repo.rollback/1` undoes the whole.

    A transaction that SQL text begins has to end in the same `Repo.checkout/2`: a connection never comes back to the
    pool in one. `Repo.query("BEGIN")` by itself fails.

    ## Migrations

    See `Ecto.Adapters.LibSql.DDL` for all options. What ALTER TABLE of SQLite cannot do rebuilds the table, with its
    rows, indexes and triggers. Beside a file `app.db` stands `app.db-migration_lock`, which keeps two migrators
    apart: it is empty, and may be deleted while none runs.

    ## Prefixes

    A prefix is a database of the option `:attach`, which each connection of the pool has: see `EctoLibSql.Options`.
    """

    use Ecto.Adapters.SQL, driver: :ecto_libsql

    @behaviour Ecto.Adapter.Storage
    @behaviour Ecto.Adapter.Structure

    alias Ecto.Adapters.LibSql.{
      Codec,
      DecimalColumns,
      InsertChunks,
      InExpression,
      MigrationLock,
      Migrator,
      SelectColumns
    }

    alias EctoLibSql.TypeOptions

    # The lock of migrations depends on where the database is.
    defoverridable init: 1

    # Wrong options are the repository's end, with the reason: connections would be tried for ever, and who
    # waits for one would hear of a pool that is too small.
    def init(config) do
      with {:error, error} <- EctoLibSql.Options.known(config) do
        [unknown, meant] = String.split(Exception.message(error), ": ")
        raise ArgumentError, "#{unknown} of #{inspect(config[:repo])}: #{meant}"
      end

      :ok = located!(config)
      :ok = attachable!(config)

      # Not the token, which may be a function that does work.
      with {:error, error} <- EctoLibSql.Options.native(Keyword.delete(config, :auth_token)) do
        raise ArgumentError, "options of #{inspect(config[:repo])}: #{Exception.message(error)}"
      end

      with {:ok, child, meta} <- super(own_connection(config, [1, 2, 10])) do
        {:ok, child, Map.put(meta, :mode, EctoLibSql.State.detect_mode(config))}
      end
    end

    defp located!(config) do
      with :unknown <- EctoLibSql.State.detect_mode(config) do
        raise ArgumentError, "neither :database nor :uri is given to #{inspect(config[:repo])}"
      end

      :ok
    end

    defp attachable!(config) do
      with {:error, error} <- EctoLibSql.Attached.options(config),
           do: raise(ArgumentError, "options of #{inspect(config[:repo])}: #{error.message}")

      for {name, path} <- attached(config), file(database: path) == nil, not memory?(config) do
        raise ArgumentError,
              "a database in memory belongs to one connection: attach a file as #{name} to #{inspect(config[:repo])}"
      end

      :ok
    end

    defp attached(config) do
      {:ok, attached} = EctoLibSql.Attached.options(config)
      for {name, path, _key} <- attached, do: {name, path}
    end

    # A database in memory belongs to one connection. Ecto says 10 where nobody says anything, and 2 when its
    # migrator starts the repository: those sizes are one, any other is a mistake.
    defp own_connection(config, sizes) do
      size = config[:pool_size] || 1
      pools = config[:pool_count] || 1

      cond do
        not memory?(config) ->
          config

        size in sizes and pools == 1 ->
          Keyword.put(config, :pool_size, 1)

        true ->
          raise ArgumentError,
                "a database in memory belongs to one connection: set pool_size: 1 (and no :pool_count) " <>
                  "for #{inspect(config[:repo])}, or name a file"
      end
    end

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
      :ok = check(prepared)
      params = DecimalColumns.update_all!(meta, query_meta, prepared, params)
      super(meta, query_meta, prepared, params, options)
    end

    @impl Ecto.Adapter.Queryable
    def stream(meta, query_meta, prepared, params, options) do
      :ok = check(prepared)
      super(meta, query_meta, prepared, params, options)
    end

    defp check({:cache, _update, {_id, sql}}), do: InExpression.refuse_array!(sql)
    defp check(_prepared), do: :ok

    # --- connections ---

    # `DBConnection` closes a connection that comes back in a transaction which SQL has begun, but for one that an
    # exception brings back.
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
        begun? = EctoLibSql.Call.new(&(&1.begun_by != nil))

        with {:ok, {:returned, true}} <- Ecto.Adapters.SQL.query(meta, begun?, [], log: false),
             do: Ecto.Adapters.SQL.query(meta, "ROLLBACK", [], log: false)

        :erlang.raise(kind, reason, __STACKTRACE__)
    end

    # --- writing ---

    @impl Ecto.Adapter.Schema
    def insert(meta, schema_meta, fields, on_conflict, returning, options) do
      {fields, on_conflict} = DecimalColumns.write!(meta, schema_meta, fields, on_conflict)
      super(meta, schema_meta, fields, on_conflict, returning, options)
    end

    @impl Ecto.Adapter.Schema
    def update(meta, schema_meta, fields, filters, returning, options) do
      {fields, _} = DecimalColumns.write!(meta, schema_meta, fields)
      filters = DecimalColumns.compared(filters)
      super(meta, schema_meta, fields, filters, returning, options)
    end

    @impl Ecto.Adapter.Schema
    def insert_all(meta, schema_meta, header, rows, on_conflict, returning, placeholders, options) do
      {rows, on_conflict, placeholders} =
        DecimalColumns.write_all!(meta, schema_meta, header, rows, on_conflict, placeholders)

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

    # All or none. Inside a transaction a savepoint: one that failed leaves it usable, as one statement does.
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
      :ok = located!(options)
      :ok = attachable!(options)

      path = options |> own_connection([1, 10]) |> file()

      cond do
        # It comes with its connection.
        memory?(options) -> :ok
        path == nil or File.exists?(path) -> {:error, :already_up}
        true -> create(path, options)
      end
    end

    defp create(path, options) do
      paths = for {_name, attached} <- attached(options), file = file(database: attached), do: file
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

    # The file that is the database; nil where there is none.
    defp file(options) do
      case options[:database] do
        memory when memory in [nil, :memory, ":memory:"] -> nil
        "file:" <> rest -> rest |> String.split("?") |> file_of_uri()
        path -> path
      end
    end

    defp file_of_uri([path | query]) do
      # In memory one with a shared cache is of all connections of its name.
      case query |> Enum.join() |> URI.decode_query() do
        %{"cache" => "shared"} -> String.replace_prefix(path, "//", "")
        %{"mode" => "memory"} -> nil
        _ when path == ":memory:" -> nil
        _ -> String.replace_prefix(path, "//", "")
      end
    end

    # --- structure ---

    @impl Ecto.Adapter.Structure
    def structure_dump(default, config) do
      if config[:dump_prefixes],
        do: {:error, "a database has no parts to be dumped alone: leave out --prefix"},
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

    # Nothing in Ecto calls it: it is for tasks of one's own.
    @impl Ecto.Adapter.Structure
    def dump_cmd(arguments, options \\ [], config) do
      path = file(config)

      if path == nil or config[:uri] || config[:encryption_key] do
        raise ArgumentError,
              "the sqlite3 tool reads plain files of a local database only: use structure_dump/2"
      end

      System.cmd("sqlite3", ["-init", "/dev/null", path | arguments], options)
    end

    @begins "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n"
    @ends "COMMIT;\n"

    # As the driver dumps it (what virtual tables and indexes make themselves is left out, and so are
    # comments behind a statement); and the versions of the migrations.
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

    # All or nothing. What other adapters have written is read, too: the output of the sqlite3 tool.
    defp load!(state, script) do
      with {:error, error} <- EctoLibSql.Native.load_dump(state, script), do: raise(error)
    end

    # --- migrations ---

    @impl Ecto.Adapter.Migration
    def supports_ddl_transaction?, do: true

    # What is more than SQL, too.
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
