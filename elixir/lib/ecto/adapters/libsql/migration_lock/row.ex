if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  defmodule Ecto.Adapters.LibSql.MigrationLock.Row do
    @moduledoc false
    # The migration lock of a database on a server: a row in a table of its own.
    #
    # A server does not notice that its client has died, so the owner keeps incrementing a number in the row. A
    # waiting process takes over the lock once it has seen the same owner and number for the length of the lease,
    # in attempts that could all have written. No clocks are compared, and a long transaction that prevents the
    # owner from renewing also prevents the others from taking over.
    #
    # A separate process renews the lock on a connection of its own, which is none of the pool's: the pool may have only
    # one. The connection is one to the server also if the repo is a replica. If it cannot renew for the length of the lease, or
    # finds that the lock was taken over (because the node was suspended or the network was down), it kills the
    # migrating process, and the server rolls back whatever is not committed.

    alias Ecto.Adapters.LibSql.MigrationLock
    alias EctoLibSql.State

    require Logger

    # SQLite's code SQLITE_BUSY; it is also set if a deadline passes while waiting for a lock.
    @busy 5

    @table "ecto_libsql_migration_lock"
    @create "CREATE TABLE IF NOT EXISTS #{@table} (id INTEGER PRIMARY KEY CHECK (id = 1), " <>
              "owner TEXT NOT NULL, renewals INTEGER NOT NULL)"

    # This is a write even if it changes nothing. It therefore reads the row on the server, and proves that this
    # attempt could have written.
    @take "INSERT INTO #{@table} VALUES (1, ?1, 0) ON CONFLICT (id) DO UPDATE SET " <>
            "renewals = CASE WHEN (owner, renewals) = (?2, ?3) THEN 0 ELSE renewals END, " <>
            "owner = CASE WHEN (owner, renewals) = (?2, ?3) THEN ?1 ELSE owner END " <>
            "RETURNING owner, renewals"
    @renew "UPDATE #{@table} SET renewals = renewals + 1 WHERE owner = ?1"
    @release "DELETE FROM #{@table} WHERE owner = ?1"

    # What a connection to the server needs; not more, because Ecto copies it with each query of the repo.
    @of_server [:uri, :configure] ++ EctoLibSql.OptionValues.names(:server)

    @doc "A function that opens a connection for the lock, from a repo's options. It takes a time limit."
    @spec connect(keyword) :: (timeout :: pos_integer -> {:ok, State.t()} | {:error, Exception.t()})
    def connect(config) do
      options = Keyword.take(config, if(config[:uri], do: @of_server, else: [:database]))

      fn timeout ->
        options
        |> configured(options[:configure])
        |> Keyword.merge(if options[:uri], do: [connect_timeout: timeout], else: [])
        # Less than the time limit of a query, so that a write lock is told from a server that does not answer.
        |> Keyword.put(:busy_timeout, div(timeout, 2))
        |> EctoLibSql.connect()
      end
    end

    # As DBConnection does before each attempt to connect.
    defp configured(options, nil), do: options
    defp configured(options, {module, fun, args}), do: apply(module, fun, [options | args])
    defp configured(options, fun), do: fun.(options)

    @doc "Runs `fun` while this process owns the row."
    @spec run((pos_integer -> term), keyword, (() -> result)) :: result when result: var
    def run(connect, config, fun) do
      lease = config[:migration_lock_lease_ms] || 15_000
      lock = %{connect: connect, owner: owner(), lease: lease}
      caller = self()
      locker = Task.async(fn -> hold(lock, config, caller) end)
      locked!(locker)

      try do
        fun.()
      after
        send(locker.pid, {:release, caller})
        Task.await(locker, :infinity)
      end
    end

    defp locked!(%{ref: ref, pid: pid}) do
      receive do
        {:migration_locked, ^pid} -> :ok
        {^ref, {:failed, error, stacktrace}} -> reraise(error, stacktrace)
        {:DOWN, ^ref, _, _, reason} -> exit(reason)
      end
    end

    defp owner do
      "#{node()} #{System.pid()} #{Ecto.UUID.generate()}"
    end

    # The connection ends with this process, if not before.
    defp hold(lock, config, caller) do
      with {:ok, lock, renewed} <- acquired(lock, config) do
        send(caller, {:migration_locked, self()})
        kept(lock, caller, renewed)
      end
    end

    defp acquired(lock, config) do
      lock = connected!(lock)
      query!(lock, @create, [])
      MigrationLock.acquire(config, "in the table #{@table}", fn -> take(lock) end)
      {:ok, lock, now()}
    rescue
      error -> {:failed, error, __STACKTRACE__}
    end

    # Whoever migrates by now must not go on without the lock, whatever has happened to it.
    defp kept(lock, caller, renewed) do
      keep(lock, caller, renewed)
    rescue
      error -> lost!(caller, Exception.message(error))
    end

    defp connected!(lock) do
      case lock.connect.(limit(lock)) do
        {:ok, state} -> Map.put(lock, :state, state)
        {:error, error} -> raise error
      end
    end

    defp take(%{owner: owner} = lock) do
      {seen, since} = Process.get(:seen) || {{nil, nil}, nil}
      {seen_owner, renewals} = if since && now() - since >= lock.lease, do: seen, else: {nil, nil}

      case query(lock, @take, [owner, seen_owner, renewals]) do
        {:ok, %{rows: [[^owner, _]]}} ->
          :locked

        {:ok, %{rows: [[other, renewals]]}} ->
          unless seen == {other, renewals}, do: Process.put(:seen, {{other, renewals}, now()})
          :busy

        # Nobody could have written, so the owner could not have renewed either.
        {:error, %{kind: kind}} when kind in [:busy, :timeout, :network] ->
          Process.put(:seen, nil)
          :busy

        {:error, error} ->
          raise error
      end
    end

    defp keep(lock, caller, renewed) do
      receive do
        {:release, ^caller} -> release(lock)
      after
        div(lock.lease, 5) ->
          started = now()

          case query(lock, @renew, [lock.owner]) do
            {:ok, %{num_rows: 1}} ->
              keep(lock, caller, started)

            {:ok, _} ->
              lost!(caller, "another process has taken over the lock")

            # The transaction that blocks this write, perhaps the migration's own, also stops others from taking over.
            {:error, %{kind: :busy}} ->
              keep(lock, caller, started)

            {:error, %{kind: :timeout, code: @busy}} ->
              keep(lock, caller, started)

            {:error, error} ->
              lock |> another_connection() |> keep_if_in_time(caller, renewed, error)
          end
      end
    end

    # If none can be opened, the next renewal fails, too, and tries again.
    defp another_connection(lock) do
      EctoLibSql.disconnect(:failed, lock.state)

      case lock.connect.(limit(lock)) do
        {:ok, state} -> %{lock | state: state}
        {:error, _} -> lock
      end
    rescue
      # A function that gives a token, for example. Whoever migrates must be told in time that the lock is lost.
      _error -> lock
    end

    defp keep_if_in_time(lock, caller, renewed, error) do
      if now() - renewed >= lock.lease, do: lost!(caller, Exception.message(error))
      keep(lock, caller, renewed)
    end

    defp release(lock) do
      with {:error, error} <- query(lock, @release, [lock.owner]) do
        Logger.warning(
          "the migration lock could not be released, and expires in #{lock.lease} ms: " <>
            Exception.message(error)
        )
      end

      EctoLibSql.disconnect(:released, lock.state)
      :released
    end

    defp lost!(caller, why) do
      Logger.error("the migration lock was lost, so the migrating process is stopped: #{why}")
      Process.unlink(caller)
      Process.exit(caller, :kill)
      exit(:shutdown)
    end

    defp query(lock, sql, params) do
      case EctoLibSql.handle_execute(sql, params, [timeout: limit(lock)], lock.state) do
        {:ok, _query, result, _state} -> {:ok, result}
        {_, error, _state} -> {:error, error}
      end
    end

    defp limit(lock), do: max(div(lock.lease, 2), 1_000)

    defp query!(lock, sql, params) do
      with {:error, error} <- query(lock, sql, params), do: raise(error)
    end

    defp now, do: System.monotonic_time(:millisecond)
  end
end
