if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  defmodule Ecto.Adapters.LibSql.MigrationLock do
    @moduledoc """
    The lock that allows only one migrator at a time, across processes and nodes.

    | database | lock | if the owner dies, the lock is released |
    |---|---|---|
    | a file | the engine's write lock on `<file>-migration_lock`, an empty file that is not removed | with its process |
    | in memory | a lock on this node only, because no other node can reach the database | with its process |
    | on a server, including replicas | a row on the server: `Ecto.Adapters.LibSql.MigrationLock.Row` | after `:migration_lock_lease_ms` |

    Repo options:

      * `migration_lock: false` - no lock at all
      * `:migration_advisory_lock_retry_interval_ms` - the interval between a waiting migrator's attempts (default 500)
      * `:migration_advisory_lock_max_tries` - the number of attempts before it raises (default `:infinity`)
      * `:migration_lock_lease_ms` - how long a lock on a server outlives its owner (default 15_000)

    As with Ecto's other adapters, a pool of one connection is refused, because the lock on a server needs a connection
    of its own. A database in memory is not shared between connections, so a pool of one is correct there.
    """

    alias Ecto.Adapters.LibSql.MigrationLock.Row

    require Logger

    @doc "Runs `fun` while holding the lock. `meta` is the adapter's metadata, `config` the repo's options."
    @spec run(map, keyword, keyword, (() -> result)) :: result when result: var
    def run(meta, options, config, fun) do
      known!(Keyword.get(options, :migration_lock, config[:migration_lock]))

      case place(meta, options) do
        :memory -> :global.trans({{__MODULE__, meta.pid}, self()}, fun, [node()])
        place -> locked(place, meta, options, config, fun)
      end
    end

    defp known!(lock) when lock in [nil, true], do: :ok

    defp known!(lock) do
      raise ArgumentError, "the option :migration_lock must be true or false, got: #{inspect(lock)}"
    end

    defp locked(place, meta, options, config, fun) do
      if meta.opts[:pool_size] == 1, do: Ecto.Adapters.SQL.raise_migration_pool_size_error()

      case place do
        {:file, file} -> with_file(file <> "-migration_lock", config, fun)
        :server -> Row.run(meta, options, config, fun)
      end
    end

    # The engine knows the real file, whatever path or link was used to open it.
    defp place(%{mode: :local} = meta, options) do
      sql = "SELECT file FROM pragma_database_list WHERE name = 'main'"

      case Ecto.Adapters.SQL.query!(meta, sql, [], own_options(options)).rows do
        [[file]] when file in [nil, ""] -> :memory
        [[file]] -> {:file, file}
      end
    end

    defp place(_meta, _options), do: :server

    defp with_file(file, config, fun) do
      {:ok, state} = acquire(config, file, fn -> write_lock(file) end)

      try do
        fun.()
      after
        EctoLibSql.disconnect(:released, state)
      end
    end

    defp write_lock(file) do
      with {:ok, state} <- connected(file) do
        case EctoLibSql.handle_begin([mode: :immediate], state) do
          {:ok, _, state} ->
            {:ok, state}

          {_, error, state} ->
            EctoLibSql.disconnect(error, state)
            busy!(error)
        end
      end
    end

    defp connected(file) do
      with {:error, error} <-
             EctoLibSql.connect(database: file, journal_mode: :delete, busy_timeout: 0),
           do: busy!(error)
    end

    defp busy!(%{kind: :busy}), do: :busy
    defp busy!(error), do: raise(error)

    @doc "The options of the lock's own queries. Ecto's telemetry uses them to tell these from the migrations'."
    @spec own_options(keyword) :: keyword
    def own_options(options) do
      [telemetry_options: [schema_migration: true]] ++ Keyword.take(options, [:log])
    end

    @doc "Calls `try` until it returns something other than `:busy`; raises after the last attempt."
    @spec acquire(keyword, String.t(), (() -> :busy | result)) :: result when result: var
    def acquire(config, what, try) do
      interval = config[:migration_advisory_lock_retry_interval_ms] || 500
      acquire(try, what, interval, config[:migration_advisory_lock_max_tries] || :infinity, 1)
    end

    defp acquire(try, what, interval, most, tries) do
      case try.() do
        :busy when tries >= most ->
          raise "another process is migrating this database and holds the lock #{what}: " <>
                  "gave up after #{tries} attempts, #{interval} ms apart"

        :busy ->
          if tries == 1, do: Logger.info("waiting for the migration lock #{what}")
          Process.sleep(interval)
          acquire(try, what, interval, most, tries + 1)

        result ->
          result
      end
    end
  end
end
