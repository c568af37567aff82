if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  defmodule Ecto.Adapters.LibSql do
    @moduledoc """
    An Ecto adapter for libSQL and Turso.

        config :my_app, MyApp.Repo,
          adapter: Ecto.Adapters.LibSql,
          database: "app.db"

    Options are those of `EctoLibSql` and of every Ecto repository, and how some types are stored:

    | option | values | default |
    |---|---|---|
    | `:binary_id_type`, `:uuid_type` | `:string`, `:binary` (16 bytes) | `:string` |
    | `:map_type`, `:array_type` | `:string`, `:binary` (JSONB) | `:string` |
    | `:datetime_type` | `:iso8601`, `:text_datetime` (a space instead of `T`) | `:iso8601` |
    | `:type_extensions` | modules: `Ecto.Adapters.LibSql.TypeExtension` | `[]` |

    They are read from `config :ecto_libsql`, as Ecto asks for them without a repository.

    ## Types

    | Ecto | stored as |
    |---|---|
    | `:boolean` | INTEGER 0 and 1 |
    | `:decimal` | TEXT: every digit is kept |
    | `:date`, `:time`, `:naive_datetime`, `:utc_datetime` ... | TEXT, ISO 8601 |
    | `:binary` | BLOB |
    | `:map`, `{:map, _}`, `{:array, _}`, embeds | TEXT, JSON |
    | `:binary_id`, `Ecto.UUID` | TEXT, or BLOB by option; both are read |
    """

    use Ecto.Adapters.SQL, driver: :ecto_libsql

    @behaviour Ecto.Adapter.Storage
    @behaviour Ecto.Adapter.Structure

    alias Ecto.Adapters.LibSql.{
      Codec,
      DecimalColumns,
      InsertRuns,
      Membership,
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

    defp check({:cache, _update, {_id, sql}}), do: Membership.refuse_array!(sql)
    defp check(_prepared), do: :ok

    # --- writing ---

    @impl Ecto.Adapter.Schema
    def insert(meta, schema_meta, fields, on_conflict, returning, options) do
      fields = DecimalColumns.write!(meta, schema_meta, fields)
      super(meta, schema_meta, fields, on_conflict, returning, options)
    end

    @impl Ecto.Adapter.Schema
    def update(meta, schema_meta, fields, filters, returning, options) do
      fields = DecimalColumns.write!(meta, schema_meta, fields)
      filters = DecimalColumns.compared(filters)
      super(meta, schema_meta, fields, filters, returning, options)
    end

    @impl Ecto.Adapter.Schema
    def insert_all(meta, schema_meta, header, rows, on_conflict, returning, placeholders, options) do
      rows = if is_list(rows), do: DecimalColumns.write_all!(meta, schema_meta, rows), else: rows

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

      case InsertRuns.split(header, rows, on_conflict, placeholders) do
        [run] -> insert.(run)
        runs -> insert_runs(meta, runs, insert, options)
      end
    end

    # All or none. Inside a transaction a savepoint: one that failed leaves it usable, as one statement does.
    defp insert_runs(meta, runs, insert, options) do
      options = Keyword.take(options, [:timeout, :log])

      results =
        if in_transaction?(meta) do
          in_savepoint(meta, options, fn -> Enum.map(runs, insert) end)
        else
          {:ok, results} = transaction(meta, options, fn -> Enum.map(runs, insert) end)
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

      case options |> own_connection([1, 10]) |> file() do
        nil -> {:error, :already_up}
        path -> if File.exists?(path), do: {:error, :already_up}, else: create(path, options)
      end
    end

    defp create(path, options) do
      File.mkdir_p!(Path.dirname(path))

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

    @impl Ecto.Adapter.Structure
    def dump_cmd(_arguments, _options, _config),
      do: raise(ArgumentError, "structures are dumped without a command: use structure_dump/2")

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
