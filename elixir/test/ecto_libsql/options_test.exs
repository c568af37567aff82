defmodule EctoLibSql.OptionsTest do
  use ExUnit.Case, async: true

  alias EctoLibSql.{Error, Native, Options, Pragma}

  setup do
    path = Path.join(System.tmp_dir!(), "options_#{System.unique_integer([:positive])}.db")
    on_exit(fn -> for suffix <- ["", "-wal", "-shm"], do: File.rm(path <> suffix) end)
    %{path: path}
  end

  defp value(opts, sql) do
    {:ok, state} = EctoLibSql.connect(opts)
    {:ok, _, %{rows: [[value]]}, _} = EctoLibSql.handle_execute(sql, [], [], state)
    EctoLibSql.disconnect(:done, state)
    value
  end

  test "each has its effect", %{path: path} do
    for {option, sql, expected} <- [
          {[journal_mode: :truncate], "PRAGMA journal_mode", "truncate"},
          {[journal_mode: "wal"], "PRAGMA journal_mode", "wal"},
          {[synchronous: :normal], "PRAGMA synchronous", 1},
          {[synchronous: 0], "PRAGMA synchronous", 0},
          {[foreign_keys: :off], "PRAGMA foreign_keys", 0},
          {[foreign_keys: false], "PRAGMA foreign_keys", 0},
          {[foreign_keys: true], "PRAGMA foreign_keys", 1},
          {[cache_size: -64_000], "PRAGMA cache_size", -64_000},
          {[temp_store: :file], "PRAGMA temp_store", 1},
          {[temp_store: :memory], "PRAGMA temp_store", 2},
          {[secure_delete: true], "PRAGMA secure_delete", 1},
          {[secure_delete: :fast], "PRAGMA secure_delete", 2},
          {[locking_mode: :exclusive], "PRAGMA locking_mode", "exclusive"},
          {[wal_auto_check_point: 7], "PRAGMA wal_autocheckpoint", 7},
          {[journal_size_limit: 9], "PRAGMA journal_size_limit", 9},
          {[busy_timeout: 123], "PRAGMA busy_timeout", 123},
          {[case_sensitive_like: :on], "SELECT 'a' LIKE 'A'", 0},
          {[custom_pragmas: [user_version: 5]], "PRAGMA user_version", 5},
          {[custom_pragmas: [{"application_id", "6"}]], "PRAGMA application_id", 6}
        ] do
      assert {option, value([database: path] ++ option, sql)} == {option, expected}
    end

    new = path <> "_new"

    assert value([database: new, auto_vacuum: :incremental, page_size: 8192], "PRAGMA auto_vacuum") ==
             2

    assert value([database: new], "PRAGMA page_size") == 8192
    for suffix <- ["", "-wal", "-shm"], do: File.rm(new <> suffix)
  end

  test "modes", %{path: path} do
    assert {:error, %Error{kind: :cannot_open}} =
             EctoLibSql.connect(database: path, mode: :readonly)

    assert {:error, %Error{kind: :cannot_open}} =
             EctoLibSql.connect(database: path, mode: :read_write)

    assert value([database: path, mode: [:create, :readwrite, :nomutex]], "SELECT 1") == 1
    {:ok, state} = EctoLibSql.connect(database: path, mode: [:readonly, :nomutex])

    assert {:error, %Error{kind: :read_only}, _} =
             EctoLibSql.handle_execute("CREATE TABLE t(x)", [], [], state)

    EctoLibSql.disconnect(:done, state)
  end

  test "what is wrong is named, and no value is shown" do
    for {option, part} <- [
          {[sychronous: 1], "unknown option :sychronous: did you mean :synchronous?"},
          {[bussy_timeout: 1], "unknown option :bussy_timeout: did you mean :busy_timeout?"},
          {[key: "hunter2"], "did you mean :encryption_key?"},
          {[uuid_type: :binary], "config :ecto_libsql, uuid_type"},
          {[busy_timeout: "x"], "busy_timeout"},
          {[busy_timeout: -1], "busy_timeout"},
          {[journal_mode: :nope], "journal_mode"},
          {[synchronous: 9], "synchronous"},
          {[encryption_key: {:secret, "hunter2"}], "encryption_key"},
          {[custom_pragmas: [:x]], "custom_pragmas"},
          {[custom_pragmas: 1], "custom_pragmas"},
          {[custom_pragmas: [no_such_pragma: 1]], "no_such_pragma"},
          {[load_extensions: [1]], "load_extensions"},
          {[load_extensions: ["no/such/extension"]], "no/such/extension"},
          {[mode: [:readonly, :create]], "mode"},
          {[sync_interval: 1], "sync"},
          {[serialized: "no database"], ""}
        ] do
      assert {:error, %Error{message: message}} =
               EctoLibSql.connect([database: ":memory:"] ++ option)

      assert message =~ part
      refute message =~ "hunter2"
    end

    assert {:error, %Error{kind: :invalid_argument}} = EctoLibSql.connect([])

    assert {:error, %Error{message: "unknown option :databse: did you mean :database?"}} =
             EctoLibSql.connect(databse: "x.db")
  end

  test "names of others are ignored" do
    others =
      ~w(migrator priv log stacktrace telemetry_prefix queue_target ssl ssl_opts socket_options username hostname
         port after_connect prepare show_sensitive_data_on_connection_error migration_lock timeout pool_timeout
         disconnect_timeout handshake_timeout async module modes read_only types parameters cache nope datetime
         charset collation template migration_source repo otp_app name)a

    for name <- others do
      assert {:ok, state} = EctoLibSql.connect([{:database, ":memory:"}, {name, %{}}])
      EctoLibSql.disconnect(:done, state)
    end
  end

  test "the native part knows every setting" do
    for name <- Options.settings() -- [:wal_auto_check_point] do
      settings = [{to_string(name), "1"}, {"nope", "1"}]
      {:error, error} = EctoLibSql.Nif.open(settings, [], [])
      refute elem(error, 3) =~ ~s(no option "#{name}")
    end
  end

  test "tokens are asked for" do
    opts = [uri: "http://localhost:1", auth_token: fn -> "one" end]
    assert {:ok, {settings, [], []}} = Options.native(opts)
    assert {"auth_token", "one"} in settings
    opts = [uri: "http://localhost:1", auth_token: {String, :upcase, ["two"]}]
    assert {:ok, {settings, [], []}} = Options.native(opts)
    assert {"auth_token", "TWO"} in settings
  end

  test "a database from its bytes, and the last words before the end" do
    {:ok, state} = EctoLibSql.connect(database: ":memory:")
    {:ok, _} = Native.execute_batch_sql(state, "CREATE TABLE t(x); INSERT INTO t VALUES (42)")
    {:ok, bytes} = Native.serialize(state)
    test = self()

    {:ok, state} =
      EctoLibSql.connect(
        database: ":memory:",
        serialized: bytes,
        before_disconnect: fn reason, state -> send(test, {reason, Pragma.user_version(state)}) end
      )

    assert {:ok, _, %{rows: [[42]]}, _} =
             EctoLibSql.handle_execute("SELECT x FROM t", [], [], state)

    EctoLibSql.disconnect(:the_end, state)
    assert_received {:the_end, {:ok, %{rows: [[0]]}}}
  end

  test "a stream's chunk" do
    {:ok, state} = EctoLibSql.connect(database: ":memory:", chunk_size: 2)
    query = %EctoLibSql.Query{statement: "VALUES (1), (2), (3)"}
    {:ok, query, cursor, state} = EctoLibSql.handle_declare(query, [], [], state)
    assert {:cont, %{rows: [[1], [2]]}, state} = EctoLibSql.handle_fetch(query, cursor, [], state)
    assert {:cont, %{rows: [[3]]}, state} = EctoLibSql.handle_fetch(query, cursor, [], state)
    assert {:halt, %{rows: []}, _} = EctoLibSql.handle_fetch(query, cursor, [], state)
  end
end
