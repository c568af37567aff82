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
    # A separate process renews the lock on its own connection. If it cannot renew for the length of the lease, or
    # finds that the lock was taken over (because the node was suspended or the network was down), it kills the
    # migrating process, and the server rolls back whatever is not committed.

    alias Ecto.Adapters.LibSql.MigrationLock

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

    @doc "Runs `fun` while this process owns the row."
    @spec run(map, keyword, keyword, (() -> result)) :: result when result: var
    def run(meta, options, config, fun) do
      lease = config[:migration_lock_lease_ms] || 15_000

      lock = %{
        meta: meta,
        owner: owner(),
        lease: lease,
        options: MigrationLock.own_options(options)
      }

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

    defp hold(lock, config, caller) do
      on_connection(lock, fn ->
        query!(lock, @create, [])
        MigrationLock.acquire(config, "in the table #{@table}", fn -> take(lock) end)
      end)

      renewed = now()
      send(caller, {:migration_locked, self()})
      keep(lock, caller, renewed)
    rescue
      error -> {:failed, error, __STACKTRACE__}
    end

    defp on_connection(lock, work) do
      Ecto.Adapters.SQL.checkout(lock.meta, [timeout: :infinity] ++ lock.options, work)
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

    # After a failure, the connection is checked in and another one is used.
    defp keep(lock, caller, renewed) do
      result =
        try do
          on_connection(lock, fn -> renew(lock, caller, renewed) end)
        rescue
          error in DBConnection.ConnectionError -> {:failed, error, renewed}
        end

      with {:failed, error, renewed} <- result do
        if now() - renewed >= lock.lease, do: lost!(caller, Exception.message(error))
        keep(lock, caller, renewed)
      end
    end

    defp renew(lock, caller, renewed) do
      receive do
        {:release, ^caller} -> release(lock)
      after
        div(lock.lease, 5) ->
          started = now()

          case query(lock, @renew, [lock.owner]) do
            {:ok, %{num_rows: 1}} -> renew(lock, caller, started)
            {:ok, _} -> lost!(caller, "another process has taken over the lock")
            # The transaction that blocks this write, perhaps the migration's own, also stops others from taking over.
            {:error, %{kind: :busy}} -> renew(lock, caller, started)
            {:error, %{kind: :timeout, code: @busy}} -> renew(lock, caller, started)
            {:error, error} -> {:failed, error, renewed}
          end
      end
    end

    defp release(lock) do
      with {:error, error} <- query(lock, @release, [lock.owner]) do
        Logger.warning(
          "the migration lock could not be released, and expires in #{lock.lease} ms: " <>
            Exception.message(error)
        )
      end

      :released
    end

    defp lost!(caller, why) do
      Logger.error("the migration lock was lost, so the migrating process is stopped: #{why}")
      Process.unlink(caller)
      Process.exit(caller, :kill)
      exit(:shutdown)
    end

    defp query(lock, sql, params) do
      options = [timeout: max(div(lock.lease, 2), 1_000)] ++ lock.options
      Ecto.Adapters.SQL.query(lock.meta, sql, params, options)
    end

    defp query!(lock, sql, params) do
      with {:error, error} <- query(lock, sql, params), do: raise(error)
    end

    defp now, do: System.monotonic_time(:millisecond)
  end
end
