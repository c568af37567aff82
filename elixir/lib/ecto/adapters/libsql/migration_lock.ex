if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  defmodule Ecto.Adapters.LibSql.MigrationLock do
    @moduledoc false
    # The lock that allows only one migrator at a time, across processes and nodes. The adapter's documentation says what
    # it is on a file and on a server. In memory, it is a lock on this node only, because no other node can reach the
    # database.
    #
    # The lock takes no connection from the pool: one on a file or on a server has a connection of its own. So a pool of one
    # connection can migrate.

    alias Ecto.Adapters.LibSql.MigrationLock.Row

    require Logger

    @doc "Runs `fun` while holding the lock. `meta` is the adapter's metadata, `config` the repo's options."
    @spec run(map, keyword, keyword, (() -> result)) :: result when result: var
    def run(meta, options, config, fun) do
      known!(Keyword.get(options, :migration_lock, config[:migration_lock]))

      case place(meta, options) do
        :memory -> :global.trans({{__MODULE__, meta.pid}, self()}, fun, [node()])
        {:file, file} -> with_file(file <> "-migration_lock", config, fun)
        :server -> Row.run(meta.connect, config, fun)
      end
    end

    defp known!(lock) when lock in [nil, true], do: :ok

    defp known!(lock) do
      raise ArgumentError, "the option :migration_lock must be true or false, got: #{inspect(lock)}"
    end

    # The engine knows the real file, whatever path or link was used to open it.
    defp place(%{mode: :local} = meta, options) do
      sql = "SELECT file FROM pragma_database_list WHERE name = 'main'"

      # Ecto's telemetry tells this query from the migrations' by its options.
      options = [telemetry_options: [schema_migration: true]] ++ Keyword.take(options, [:log])

      case Ecto.Adapters.SQL.query!(meta, sql, [], options).rows do
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
                  "gave up after #{attempts(tries, interval)}"

        :busy ->
          if tries == 1, do: Logger.info("waiting for the migration lock #{what}")
          Process.sleep(interval)
          acquire(try, what, interval, most, tries + 1)

        result ->
          result
      end
    end

    defp attempts(1, _interval), do: "one attempt"
    defp attempts(tries, interval), do: "#{tries} attempts, #{interval} ms apart"
  end
end
