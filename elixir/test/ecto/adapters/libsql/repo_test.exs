if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.RepoTest do
    use Ecto.Adapters.LibSql.RepoCase, async: true

    alias EctoLibSql.Test.OptionTable

    defmodule EmptyMigration do
      use Ecto.Migration
      def change, do: :ok
    end

    import Ecto.Changeset, except: [change: 1]
    alias Ecto.Adapters.SQL.Sandbox

    defschema(User, "users", email: :string, age: :integer, name: :string) do
      belongs_to(:boss, __MODULE__)
      has_many(:staff, __MODULE__, foreign_key: :boss_id)
    end

    setup do
      execute("""
      CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, age INTEGER NOT NULL DEFAULT 1
        CONSTRAINT "users_age_check" CHECK (age > 0), name TEXT,
        boss_id INTEGER REFERENCES users (id))
      """)

      execute([
        "CREATE UNIQUE INDEX users_email_index ON users (email)",
        "CREATE UNIQUE INDEX own_name ON users (lower(name))"
      ])
    end

    defp errors({:error, changeset}),
      do: for({field, {message, _}} <- changeset.errors, do: {field, message})

    describe "constraints reach the changeset:" do
      test "unique, by the default name and by an index's own" do
        Repo.insert!(%User{email: "a", name: "N", age: 1})
        user = change(%User{age: 1}, email: "a") |> unique_constraint(:email)
        assert errors(Repo.insert(user)) == [email: "has already been taken"]

        user = change(%User{age: 1}, name: "n") |> unique_constraint(:name, name: "own_name")
        assert errors(Repo.insert(user)) == [name: "has already been taken"]

        assert_raise Ecto.ConstraintError, ~r/own_name/, fn ->
          Repo.insert(%User{age: 1, name: "n"})
        end
      end

      test "primary key" do
        Repo.insert!(%User{id: 1, age: 1})
        user = change(%User{id: 1, age: 1}) |> unique_constraint(:id, message: "is taken")
        assert errors(Repo.insert(user)) == [id: "is taken"]
      end

      test "foreign key without a name, of insert, update and delete, in a transaction too" do
        boss = Repo.insert!(%User{age: 1})
        user = change(%User{age: 1}, boss_id: 99) |> foreign_key_constraint(:boss_id)
        assert errors(Repo.insert(user)) == [boss_id: "does not exist"]
        assert {:ok, {:error, _}} = Repo.transaction(fn -> Repo.insert(user, mode: :savepoint) end)

        worker = Repo.insert!(%User{age: 1, boss_id: boss.id})
        update = change(worker, boss_id: 99) |> assoc_constraint(:boss)
        assert errors(Repo.update(update)) == [boss: "does not exist"]

        delete = change(boss) |> no_assoc_constraint(:staff, name: "users_boss_id_fkey")
        assert errors(Repo.delete(delete)) == [staff: "are still associated with this entry"]
        assert Repo.aggregate(User, :count) == 2
      end

      defschema(Child, "children", a: :integer, b: :integer, c: :integer)

      test "foreign keys that a migration names, or not" do
        parent = &struct!(Ecto.Migration.Reference, [table: "users", type: :id] ++ &1)

        columns = [
          {:add, :id, :bigserial, primary_key: true},
          {:add, :a, parent.([]), []},
          {:add, :b, parent.(name: "own_name"), []}
        ]

        table = %Ecto.Migration.Table{name: "children"}
        ddl({:create, table, columns})
        ddl({:alter, table, [{:add, :c, parent.([]), []}]})

        for {field, opts} <- [a: [], b: [name: "own_name"], c: []] do
          child = change(%Child{}, %{field => 99}) |> foreign_key_constraint(field, opts)
          assert errors(Repo.insert(child)) == [{field, "does not exist"}]
        end
      end

      test "check, of insert, update and insert_all" do
        user = change(%User{}, age: 0) |> check_constraint(:age, name: "users_age_check")
        assert errors(Repo.insert(user)) == [age: "is invalid"]
        saved = Repo.insert!(%User{age: 1})
        update = change(saved, age: -1) |> check_constraint(:age, name: :users_age_check)
        assert errors(Repo.update(update)) == [age: "is invalid"]
        assert_raise EctoLibSql.Error, ~r/CHECK/, fn -> Repo.insert_all(User, [%{age: 0}]) end
      end

      test "not null" do
        user = change(%User{}, name: "x") |> force_change(:age, nil)
        user = check_constraint(user, :age, name: "users_age_not_null", message: "can't be blank")
        assert errors(Repo.insert(user)) == [age: "can't be blank"]
      end

      defp change(struct), do: Ecto.Changeset.change(struct)
    end

    test "wrong options end the repository, with the reason" do
      Process.flag(:trap_exit, true)

      for {options, reason} <- [
            {[], ~r/neither :database nor :uri/},
            {[databse: "x.db"],
             ~r/^invalid options of .*Repo: unknown option :databse: did you mean :database\?$/},
            {[database: ":memory:", serialized: "SQLite format 3\0", pool_size: 3],
             ~r/set pool_size: 1/},
            {[database: "x.db", key: "k"], ~r/did you mean :encryption_key/},
            {[database: "x.db", synchronous: 9], ~r/:synchronous/},
            {[database: "x.db", attach: [tenant: :nowhere]],
             ~r/^invalid options of .*Repo: the option :attach is invalid/},
            {[uri: "http://localhost:1", attach: [tenant: "x.db"]], ~r/only for local databases/},
            {[database: "x.db", custom_pragmas: :all], ~r/:custom_pragmas/},
            {[database: "x.db", uuid_type: :binary], ~r/config :ecto_libsql, uuid_type/}
          ] do
        assert {:error, {%ArgumentError{message: message}, _}} =
                 Repo.start_link([name: nil] ++ options)

        assert message =~ reason
      end

      for {name, {place, _, wrong}} <- OptionTable.all(), value <- wrong do
        options = OptionTable.options(place, "x.db", name, value)

        assert {_, _, {:error, {%ArgumentError{message: message}, _}}} =
                 {name, value, Repo.start_link([name: nil] ++ options)}

        assert message =~ ~r/^invalid options of .*Repo: the option :\w+ /
      end

      refute File.exists?("x.db")
    end

    @tag :local_file
    test "all connections of a pool share its database in memory" do
      for database <- [":memory:", :memory, "file::memory:", "file:x?mode=memory"],
          pool <- [[pool_size: 1], [pool_size: 2], [pool_size: 10], [pool_size: 1, pool_count: 2]] do
        name = Module.concat(__MODULE__, "Memory#{System.unique_integer([:positive])}")
        start_repo(":memory:", [database: database, name: name] ++ pool)
        Repo.put_dynamic_repo(name)
        execute("CREATE TABLE t (x)")

        insert = fn _ ->
          Repo.put_dynamic_repo(name)

          {:ok, _} =
            Repo.transaction(fn -> Repo.query!("INSERT INTO t VALUES (1)") end, mode: :immediate)
        end

        1..20 |> Task.async_stream(insert, max_concurrency: 10, timeout: 60_000) |> Stream.run()
        assert {pool, rows("SELECT count(*) FROM t")} == {pool, [[20]]}
      end

      for name <- ["memory", "x"], do: refute(File.exists?(name))
    end

    @tag :local_file
    test "a database in memory ends with its pool, and is not another pool's" do
      one = start_repo(":memory:", pool_size: 2)
      execute("CREATE TABLE t (x)")
      Ecto.Migrator.up(Repo, 1, EmptyMigration, log: false, dynamic_repo: one)

      # The connection of this call is closed.
      leave_open = EctoLibSql.ConnectionCallback.new(&EctoLibSql.handle_begin([], &1))

      assert {:error, %EctoLibSql.Error{kind: :misuse}} =
               Ecto.Adapters.SQL.query(one, leave_open, [])

      assert rows("SELECT count(*) FROM t") == [[0]]

      # All are closed, each before it is used again.
      Repo.disconnect_all(0)
      for _ <- 1..10, do: assert(rows("SELECT count(*) FROM t") == [[0]])

      start_repo(":memory:", pool_size: 2)
      assert rows("SELECT count(*) FROM sqlite_schema") == [[0]]
    end

    @tag :local_file
    test "all connections of a pool share an attached database in memory", %{database: database} do
      for main <- [database, ":memory:"] do
        start_repo(database,
          database: main,
          pool_size: 5,
          attach: [tenant: ":memory:", other: :memory]
        )

        execute(["CREATE TABLE tenant.t (x)", "CREATE TABLE other.t (x)"])
        repo = Repo.get_dynamic_repo()
        insert = fn _ -> Ecto.Adapters.SQL.query!(repo, "INSERT INTO tenant.t VALUES (1)") end
        1..20 |> Task.async_stream(insert, max_concurrency: 5) |> Stream.run()
        assert rows("SELECT count(*) FROM tenant.t") == [[20]]
        assert rows("SELECT count(*) FROM other.t") == [[0]]
      end
    end

    @tag :local_file
    test "a database in memory works in a sandbox" do
      start_repo(":memory:", pool_size: 5, pool: Ecto.Adapters.SQL.Sandbox)
      execute("CREATE TABLE t (x)")
      Ecto.Adapters.SQL.Sandbox.mode(Repo.get_dynamic_repo(), :manual)

      for _ <- 1..7 do
        :ok = Ecto.Adapters.SQL.Sandbox.checkout(Repo.get_dynamic_repo())
        execute("INSERT INTO t VALUES (1)")
        assert rows("SELECT count(*) FROM t") == [[1]]
        :ok = Ecto.Adapters.SQL.Sandbox.checkin(Repo.get_dynamic_repo())
      end
    end

    test "storage_up needs a database, which may be in memory" do
      storage_up = &Ecto.Adapters.LibSql.storage_up/1
      assert_raise ArgumentError, ~r/neither :database nor :uri/, fn -> storage_up.(repo: Repo) end
      for size <- [1, 2, 10], do: assert(storage_up.(database: ":memory:", pool_size: size) == :ok)
      assert storage_up.(database: ":memory:") == :ok
    end

    @tag repo: [migrator: Oban.Migrations.SQLite, ssl: true, of_mine: %{}]
    test "a repo takes the options of other libraries" do
      assert rows("SELECT 1") == [[1]]
    end

    test "on_conflict inserts, replaces and updates" do
      Repo.insert!(%User{id: 1, email: "a", age: 1, name: "first"})

      upsert = fn changes, options ->
        Repo.insert!(struct(%User{email: "a", age: 5}, changes), options)
      end

      find = fn -> Repo.one!(from(u in User, select: {u.id, u.age, u.name})) end

      upsert.(%{}, on_conflict: :nothing)
      assert find.() == {1, 1, "first"}
      upsert.(%{}, on_conflict: {:replace, [:age]}, conflict_target: :email)
      assert find.() == {1, 5, "first"}

      upsert.(%{name: "x"},
        on_conflict: [inc: [age: 10], set: [name: "set"]],
        conflict_target: [:email]
      )

      assert find.() == {1, 15, "set"}

      query =
        from(u in User,
          update: [set: [name: fragment("excluded.name || ?", u.name)]],
          where: u.age > ^100
        )

      stale = %User{email: "a", age: 5, name: "no"}

      assert {0, nil} =
               Repo.insert_all(User, [Map.take(stale, [:email, :age, :name])],
                 on_conflict: query,
                 conflict_target: :email
               )

      assert find.() == {1, 15, "set"}

      upsert.(%{name: "all", age: 7},
        on_conflict: {:replace_all_except, [:id]},
        conflict_target: :email
      )

      assert find.() == {1, 7, "all"}

      upsert.(%{name: "frag"},
        on_conflict: :replace_all,
        conflict_target: {:unsafe_fragment, "(email)"}
      )

      assert {_, 5, "frag"} = find.()
    end

    test "insert_all takes 10,000 rows of 50,000 parameters" do
      data = for n <- 1..10_000, do: %{id: n, email: "e#{n}", age: n, name: "n#{n}", boss_id: nil}
      assert Repo.insert_all(User, data) == {10_000, nil}

      assert Repo.one(from(u in User, select: {count(), sum(u.age), max(u.id)})) ==
               {10_000, 50_005_000, 10_000}

      assert {10_000, _} =
               Repo.insert_all(User, data, on_conflict: {:replace, [:age]}, conflict_target: :id)
    end

    test "a stream reads rows as they are wanted" do
      execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) INSERT INTO users (id, name) SELECT i, printf('%01000d', i) FROM n"
      )

      {:ok, {sum, most}} =
        Repo.transaction(fn ->
          from(u in User, order_by: u.id)
          |> Repo.stream(max_rows: 50)
          |> Stream.chunk_every(500)
          |> Enum.reduce({0, 0}, fn users, {sum, most} ->
            :erlang.garbage_collect()
            {:memory, memory} = Process.info(self(), :memory)
            {:binary, binaries} = Process.info(self(), :binary)
            held = binaries |> Enum.uniq_by(&elem(&1, 0)) |> Enum.map(&elem(&1, 1)) |> Enum.sum()
            {Enum.reduce(users, sum, &(&1.id + &2)), max(most, memory + held)}
          end)
        end)

      assert sum == 50_005_000
      # The rows together have more than 10 MB.
      assert most < 4_000_000
    end

    test "a stream that is left early leaves the connection usable" do
      Repo.insert_all(User, for(n <- 1..1_000, do: %{age: n}))
      {:ok, [_, _]} = Repo.transaction(fn -> User |> Repo.stream(max_rows: 1) |> Enum.take(2) end)
      assert {1, nil} = Repo.insert_all(User, [%{age: 1}])

      assert_raise RuntimeError, ~r/outside of transaction/, fn ->
        User |> Repo.stream() |> Enum.to_list()
      end
    end

    @tag :capture_log
    @tag repo: [pool_size: 1]
    test "a query that takes too long is interrupted, and the connection usable" do
      endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

      started = System.monotonic_time(:millisecond)
      assert {:error, _} = Repo.query(endless, [], timeout: 200)
      assert System.monotonic_time(:millisecond) - started < 14_000
      assert rows("SELECT 1") == [[1]]
    end

    @tag repo: [name: Repo]
    test "explain gives the plan of a query" do
      query = from(u in User, where: u.email == ^"a")
      plan = "SEARCH u0 USING INDEX users_email_index (email=?)"
      assert [%{"detail" => ^plan}] = Repo.explain(:all, query)
      assert [%{"detail" => ^plan}] = Repo.explain(:all, query, format: :map, analyze: true)
      assert Repo.explain(:all, query, format: :text) == plan
      assert [%{"opcode" => "Init"} | _] = Repo.explain(:all, query, type: :instructions)
      assert Repo.explain(:delete_all, query, format: :text) =~ "users_email_index"

      assert Repo.explain(:update_all, from(u in query, update: [set: [age: 1]]), format: :text) =~
               "users_email_index"

      assert_raise ArgumentError, ~r/cannot explain with this :type/, fn ->
        Repo.explain(:all, query, type: :odd)
      end

      build = &Ecto.Adapters.LibSql.Connection.build_explain_query/2
      assert build.("SELECT 1", :query_plan) == "EXPLAIN QUERY PLAN SELECT 1"
      assert build.(["SELECT ", ?1], :instructions) == "EXPLAIN SELECT 1"
    end

    test "a whole source without a schema is refused" do
      import Ecto.Query

      for run <- [&Repo.all/1, &Repo.update_all(&1, set: [age: 1])] do
        assert_raise Ecto.QueryError, ~r/whole source/, fn ->
          run.(from(u in "users", select: u))
        end
      end
    end

    test "telemetry tells of each query" do
      test = self()
      handler = {__MODULE__, make_ref()}
      tell = fn _, measurements, metadata, _ -> send(test, {:query, measurements, metadata}) end
      prefix = Repo.config()[:telemetry_prefix] || [:ecto, :adapters, :lib_sql, :repo_case, :repo]
      :telemetry.attach(handler, prefix ++ [:query], tell, nil)
      on_exit(fn -> :telemetry.detach(handler) end)

      Repo.all(from(u in User, where: u.email == ^"seen"), telemetry_options: [a: 1])

      assert_receive {:query, %{query_time: time, total_time: _}, %{params: ["seen"]} = metadata}
                     when time > 0

      assert %{
               source: "users",
               cast_params: ["seen"],
               options: [a: 1],
               type: :ecto_sql_query,
               query: "SELECT" <> _
             } = metadata

      assert {:ok, %{num_rows: 0}} = metadata.result

      assert {:error, _} = Repo.query("SELECT seen FROM nowhere")

      assert_receive {:query, _,
                      %{query: "SELECT seen" <> _, result: {:error, %EctoLibSql.Error{}}}}
    end

    describe "sandbox:" do
      setup %{database: database} do
        pid = start_repo(database, pool: Sandbox, pool_size: 1)
        Sandbox.mode(pid, :manual)
        :ok = Sandbox.checkout(pid)
        {:ok, pid: pid}
      end

      defp count, do: Repo.aggregate(User, :count)

      test "transactions may be nested to any depth", %{pid: pid} do
        {:ok, :done} =
          Repo.transaction(fn ->
            Repo.insert!(%User{age: 1})

            Repo.transaction(fn -> Repo.insert!(%User{age: 2}) end)
            taken = change(%User{age: -1}) |> check_constraint(:age, name: :users_age_check)
            assert {:error, _} = Repo.insert(taken, mode: :savepoint)

            assert {:error, _} =
                     Repo.query("INSERT INTO users (age) VALUES (0)", [], mode: :savepoint)

            assert count() == 2
            :done
          end)

        assert {:error, :undone} =
                 Repo.transaction(fn ->
                   Repo.insert!(%User{age: 3})
                   Repo.rollback(:undone)
                 end)

        assert count() == 2
        :ok = Sandbox.checkin(pid)
        :ok = Sandbox.checkout(pid)
        assert count() == 0
      end

      test "statements after a failed one work" do
        assert {:error, _} = Repo.query("INSERT INTO users (age) VALUES (0)")
        assert {:error, _} = Repo.query("nonsense")
        Repo.insert!(%User{age: 1})
        assert count() == 1
      end

      test "streams and tasks use the sandbox's connection", %{pid: pid} do
        Repo.insert_all(User, for(n <- 1..10, do: %{age: n}))

        {:ok, ages} =
          Repo.transaction(fn -> User |> Repo.stream(max_rows: 3) |> Enum.map(& &1.age) end)

        assert Enum.sum(ages) == 55

        task = Task.async(fn -> Repo.put_dynamic_repo(pid) && count() end)
        assert Task.await(task) == 10
      end
    end
  end
end
