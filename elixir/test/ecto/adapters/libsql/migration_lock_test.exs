if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.MigrationLockTest do
    use Ecto.Adapters.LibSql.RepoCase, async: true
    @moduletag :capture_log

    alias Ecto.Adapters.LibSql.MigrationLock

    # The same lock in this process: on the file, or in the table as with a server.
    defp with_lock(mode, config \\ [], work) do
      meta = Map.put(Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo()), :mode, mode)
      config = Keyword.merge([migration_advisory_lock_retry_interval_ms: 20], config)
      MigrationLock.run(meta, [log: false], config, work)
    end

    defp refused(mode, config \\ []) do
      config = [migration_advisory_lock_max_tries: 3] ++ config

      assert_raise RuntimeError, ~r/holds the lock/, fn ->
        with_lock(mode, config, fn -> :ran end)
      end
    end

    # Takes the lock in another emulator, says so and keeps it.
    defp keep(database, mode, config) do
      emulator("""
      Logger.configure(level: :none)
      {:ok, _} = Application.ensure_all_started(:ecto_sql)
      defmodule Other, do: use Ecto.Repo, otp_app: :none, adapter: Ecto.Adapters.LibSql
      {:ok, pid} = Other.start_link(#{inspect([name: nil, pool_size: 2, log: false] ++ database_options(database))})
      meta = Map.put(Ecto.Adapter.lookup_meta(pid), :mode, #{inspect(mode)})
      Ecto.Adapters.LibSql.MigrationLock.run(meta, [log: false], #{inspect(config)}, fn ->
        IO.puts("locked by " <> System.pid())
        Process.sleep(:infinity)
      end)
      """)
    end

    defp locked_by(port) do
      assert_receive {^port, {:data, {:eol, "locked by " <> pid}}}, 300_000
      pid
    end

    defp kill(port, pid) do
      {_, 0} = System.cmd("kill", ["-9", pid])
      assert_receive {^port, {:exit_status, _}}, 10_000
    end

    # The file's lock is not for a server.
    modes = if EctoLibSql.Test.Modes.mode() == :local, do: [:local, :remote], else: [:remote]

    for mode <- modes do
      test "#{mode}: gives what the function gives, again and again" do
        for n <- 1..3, do: assert(with_lock(unquote(mode), fn -> n end) == n)
      end

      test "#{mode}: is free again after an error" do
        assert_raise ArgumentError, "no", fn ->
          with_lock(unquote(mode), fn -> raise ArgumentError, "no" end)
        end

        assert with_lock(unquote(mode), fn -> :ran end) == :ran
      end

      test "#{mode}: is held once, whoever asks", %{database: database} do
        {:ok, counter} = Agent.start_link(fn -> {0, 0} end)
        enter = fn {now, most} -> {now + 1, max(most, now + 1)} end

        tasks =
          for _ <- 1..4 do
            start_repo(database)
            repo = Repo.get_dynamic_repo()

            Task.async(fn ->
              Repo.put_dynamic_repo(repo)

              for _ <- 1..3 do
                with_lock(unquote(mode), fn ->
                  Agent.update(counter, enter)
                  Process.sleep(10)
                  Agent.update(counter, fn {now, most} -> {now - 1, most} end)
                end)
              end
            end)
          end

        Task.await_many(tasks, 60_000)
        assert Agent.get(counter, & &1) == {0, 1}
      end

      test "#{mode}: another process's lock is waited for, and taken when that was killed",
           %{database: database} do
        config = [migration_lock_lease_ms: 1_000]
        port = keep(database, unquote(mode), config)
        pid = locked_by(port)
        refused(unquote(mode))
        # Longer than the lease: the owner has renewed it.
        Process.sleep(1_500)
        refused(unquote(mode))
        kill(port, pid)
        assert with_lock(unquote(mode), config, fn -> :ran end) == :ran
      end

      test "#{mode}: the lock of a process that was killed here is taken" do
        test = self()
        repo = Repo.get_dynamic_repo()

        {pid, ref} =
          spawn_monitor(fn ->
            Repo.put_dynamic_repo(repo)

            with_lock(unquote(mode), [migration_lock_lease_ms: 300], fn ->
              send(test, :locked)
              Process.sleep(:infinity)
            end)
          end)

        assert_receive :locked, 5_000
        Process.exit(pid, :kill)
        assert_receive {:DOWN, ^ref, _, _, :killed}
        assert with_lock(unquote(mode), [migration_lock_lease_ms: 300], fn -> :ran end) == :ran
      end
    end

    test "row: a process that lost the lock is killed" do
      repo = Repo.get_dynamic_repo()
      test = self()

      {_pid, ref} =
        spawn_monitor(fn ->
          Repo.put_dynamic_repo(repo)

          with_lock(:remote, [migration_lock_lease_ms: 200], fn ->
            Repo.query!("UPDATE ecto_libsql_migration_lock SET owner = 'another'")
            send(test, :stolen)
            Process.sleep(:infinity)
          end)
        end)

      assert ExUnit.CaptureLog.capture_log(fn ->
               assert_receive :stolen, 5_000
               assert_receive {:DOWN, ^ref, _, _, :killed}, 5_000
             end) =~ "the migration lock was lost"
    end

    # A function for tokens may raise; and whoever holds the lock may fail in a way that nobody thought of.
    for {what, again} <- [raises: quote(do: raise("no token")), fails: {:ok, :no_state}] do
      test "row: a process that cannot renew the lock is killed if opening a connection again #{what}",
           context do
        open = MigrationLock.Row.connect(database_options(context.database))
        {:ok, opened} = Agent.start_link(fn -> 0 end)
        test = self()

        connect = fn timeout ->
          if Agent.get_and_update(opened, &{&1, &1 + 1}) > 0 do
            unquote(again)
          else
            {:ok, state} = open.(timeout)
            send(test, {:opened, state})
            {:ok, state}
          end
        end

        {_pid, ref} =
          spawn_monitor(fn ->
            # Without a trap the end of the lock's process would be enough.
            Process.flag(:trap_exit, true)

            MigrationLock.Row.run(connect, [migration_lock_lease_ms: 200], fn ->
              send(test, :locked)
              Process.sleep(:infinity)
            end)
          end)

        assert ExUnit.CaptureLog.capture_log(fn ->
                 assert_receive {:opened, state}, 60_000
                 assert_receive :locked, 60_000
                 EctoLibSql.disconnect(:test, state)
                 assert_receive {:DOWN, ^ref, _, _, :killed}, 60_000
               end) =~ "the migration lock was lost"
      end
    end

    @tag repo: [busy_timeout: 100]
    test "row: a transaction longer than the lease loses nothing" do
      work = fn ->
        Repo.transaction(
          fn ->
            Repo.query!("CREATE TABLE long (x)")
            Process.sleep(2_000)
          end,
          mode: :immediate
        )
      end

      assert {:ok, :ok} = with_lock(:remote, [migration_lock_lease_ms: 1_500], work)
    end

    @tag :local_file
    test "the lock's file is found through links", %{database: database} do
      link = Path.join(Path.dirname(database), "link.db")
      Repo.query!("CREATE TABLE t (x)")
      File.ln_s!(database, link)

      with_lock(:local, fn ->
        start_repo(link)
        refused(:local)
      end)
    end

    # Without a transaction, which would hold a server's write lock.
    defmodule Waiting do
      use Ecto.Migration
      @disable_ddl_transaction true

      def up do
        send(:of_one, {:locked?, self()})
        receive do: (:go_on -> :ok)
      end
    end

    defmodule Rebuilding do
      use Ecto.Migration

      def up do
        create(table(:of_one), do: add(:x, :integer))
        alter(table(:of_one), do: modify(:x, :string))
      end
    end

    @migrations [{1, Waiting}, {2, Rebuilding}]

    # The lock is held meanwhile, and ends with the migration.
    defp migrated_while_locked(migrate) do
      Process.register(self(), :of_one)
      migrator = Task.async(migrate)
      assert_receive {:locked?, runner}, 60_000
      refused(EctoLibSql.Test.Modes.mode())
      send(runner, :go_on)
      assert Task.await(migrator, 60_000) == [1, 2]
      assert with_lock(EctoLibSql.Test.Modes.mode(), fn -> :ran end) == :ran
    end

    @tag repo: [pool_size: 1]
    test "a pool of one connection migrates", %{database: database} do
      options = [all: true, log: false, dynamic_repo: Repo.get_dynamic_repo()]
      # The one connection is the migration's, so another repo asks for the lock.
      start_repo(database)
      migrated_while_locked(fn -> Ecto.Migrator.run(Repo, @migrations, :up, options) end)
      assert rows("SELECT count(*) FROM of_one") == [[0]]
    end

    defmodule OfOne do
      use Ecto.Repo, otp_app: :ecto_libsql, adapter: Ecto.Adapters.LibSql
      def init(_context, config), do: {:ok, config ++ [database: :persistent_term.get(__MODULE__)]}
    end

    @tag :local_file
    test "a repo that is started with one connection is migrated", %{database: database} do
      :persistent_term.put(OfOne, database)

      migrated_while_locked(fn ->
        run = &Ecto.Migrator.run(&1, @migrations, :up, all: true, log: false)
        {:ok, ran, _apps} = Ecto.Migrator.with_repo(OfOne, run, pool_size: 1)
        ran
      end)
    end

    @tag :local_file
    test "a database in memory needs no second connection" do
      start_repo(":memory:", pool_size: 1)
      assert with_lock(:local, fn -> :ran end) == :ran
    end

    test "an unknown kind of lock is an error" do
      assert_raise ArgumentError, ~r/:migration_lock must be true or false, got: :pg/, fn ->
        with_lock(:local, [migration_lock: :pg], fn -> :ran end)
      end
    end

    # Two emulators run the same migrations at once.
    test "two migrators run each migration once", %{database: database} do
      folder = Path.dirname(database)
      log = Path.join(folder, "log")

      code = """
      Logger.configure(level: :none)
      {:ok, _} = Application.ensure_all_started(:ecto_sql)
      defmodule Other, do: use Ecto.Repo, otp_app: :none, adapter: Ecto.Adapters.LibSql
      for n <- 1..4 do
        defmodule Module.concat(M, "V\#{n}") do
          use Ecto.Migration
          @n n
          def change do
            execute(fn -> File.write!(#{inspect(log)}, "begin \#{@n}\\n", [:append]) end, fn -> :ok end)
            execute(fn -> Process.sleep(100) end, fn -> :ok end)
            create table("t\#{@n}"), do: add(:x, :integer)
            execute(fn -> File.write!(#{inspect(log)}, "end \#{@n}\\n", [:append]) end, fn -> :ok end)
          end
        end
      end
      {:ok, pid} = Other.start_link(#{inspect([name: nil, pool_size: 2, log: false] ++ database_options(database))})
      migrations = for n <- 1..4, do: {n, Module.concat(M, "V\#{n}")}
      ran = Ecto.Migrator.run(Other, migrations, :up, all: true, log: false, dynamic_repo: pid)
      IO.puts("ran \#{length(ran)}")
      """

      ports = for _ <- 1..2, do: emulator(code)

      ran =
        for port <- ports do
          assert_receive {^port, {:data, {:eol, "ran " <> ran}}}, 60_000
          assert_receive {^port, {:exit_status, 0}}, 10_000
          String.to_integer(ran)
        end

      assert Enum.sum(ran) == 4
      expected = for n <- 1..4, verb <- ["begin", "end"], do: "#{verb} #{n}"
      assert log |> File.read!() |> String.split("\n", trim: true) == expected
    end
  end
end
