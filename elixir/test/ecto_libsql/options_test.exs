defmodule EctoLibSql.OptionsTest do
  use ExUnit.Case, async: true

  alias EctoLibSql.{Error, Native, Options, OptionValues, Pragma}
  alias EctoLibSql.Test.OptionTable

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

  test "each option has its effect", %{path: path} do
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

  test "the mode decides whether a file is created and written", %{path: path} do
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

  test "an error names the option that is wrong, and does not show its value" do
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

  # Of Ecto and DBConnection, of other databases' adapters, of libraries that keep something in the configuration of
  # a repository, and of applications.
  @others ~w(
    adapter otp_app repo name priv log stacktrace migrator telemetry_prefix telemetry_options dump_path dump_prefixes
    migration_source migration_primary_key migration_foreign_key migration_timestamps migration_lock migration_repo
    migration_default_prefix migration_advisory_lock_retry_interval_ms migration_advisory_lock_max_tries
    start_apps_before_migration show_sensitive_data_on_connection_error default_options
    pool pool_size pool_count pool_index pool_timeout pool_overflow queue queue_target queue_interval idle_interval
    idle_limit max_restarts max_seconds configure after_connect after_connect_timeout before_connect backoff
    backoff_min backoff_max backoff_type timeout deadline caller disconnect_timeout handshake_timeout ownership_timeout
    ownership_mode ownership_log post_checkout pre_checkin connection_listeners
    prepare parameters types extensions endpoints socket socket_dir socket_options ssl ssl_opts ssl_mode cacertfile
    hostname host port username user password url scheme charset collation template encoding lc_collate lc_ctype
    tablespace maintenance_database force_drop disable_composite_types synchronous_commit application_name
    search_path target_session_attrs statement_timeout lock_timeout read_timeout write_timeout query_timeout
    transaction_isolation isolation_level set_language trust_server_certificate packet_size instance protocol
    async module modules modes node nodes cookie sandbox level format debug read_only read_only_repo replica replicas
    primary primary_region region role shard tenant prefix schema schemas table lock memory
    cache caches cache_ttl cache_prefix ttl serializer serialize vault cipher ciphers key_provider secret token tokens
    server servers server_name tls transport transport_opts proxy_url data_dir dir path file filename db dbname
    chunk batch_size table_size pages page_limit datetime date_format settings metadata labels tags enabled nope
    progress_handler_steps)a

  test "options of other libraries are ignored" do
    for opts <- [[database: "a.db"], [uri: "libsql://x"], []], name <- @others do
      assert {name, Options.known([{name, %{}} | opts])} == {name, :ok}
    end

    assert {:ok, state} =
             EctoLibSql.connect([database: ":memory:"] ++ for(name <- @others, do: {name, 1}))

    EctoLibSql.disconnect(:done, state)
  end

  defp refused(name) do
    with {:error, %Error{message: message}} <- Options.known([{name, 1}]) do
      [_, meant] = Regex.run(~r/did you mean :(\w+)\?\z/, message)
      meant
    end
  end

  test "a misspelt option is an error" do
    for {name, meant} <- [
          databse: "database",
          datbase: "database",
          dtabase: "database",
          data_base: "database",
          databases: "database",
          URI: "uri",
          authToken: "auth_token",
          authtoken: "auth_token",
          auth_tokne: "auth_token",
          snyc: "sync",
          syncc: "sync",
          syncUrl: "uri",
          sync_url: "uri",
          syncInterval: "sync_interval",
          sync_interval_ms: "sync_interval",
          encryptionKey: "encryption_key",
          encrypton_key: "encryption_key",
          encryption_keys: "encryption_key",
          key: "encryption_key",
          remote_encription_key: "remote_encryption_key",
          busy_timout: "busy_timeout",
          busytimeout: "busy_timeout",
          journalmode: "journal_mode",
          jounral_mode: "journal_mode",
          foreign_key: "foreign_keys",
          forein_keys: "foreign_keys",
          cach_size: "cache_size",
          scure_delete: "secure_delete",
          tmp_store: "temp_store",
          synchonous: "synchronous",
          load_extension: "load_extensions",
          custom_pragma: "custom_pragmas",
          mdoe: "mode",
          wal_auto_checkpoint: "wal_autocheckpoint",
          default_transction_mode: "default_transaction_mode",
          read_your_write: "read_your_writes",
          offline_write: "offline_writes"
        ] do
      assert {name, refused(name)} == {name, meant}
    end

    assert Options.known(key: nil) == :ok
    assert Options.known(auth_tokn: nil) != :ok
  end

  test "a name of more than four letters is misspelt if one letter is missing, doubled or swapped" do
    own = OptionValues.names()

    for option <- own -- [:uri, :sync, :mode, :attach],
        letters = option |> to_string() |> String.graphemes(),
        n <- 1..(length(letters) - 1),
        letter = Enum.at(letters, n),
        wrong <- [
          List.delete_at(letters, n),
          List.insert_at(letters, n, letter),
          letters |> List.delete_at(n) |> List.insert_at(n - 1, letter)
        ],
        name = wrong |> Enum.join() |> String.to_atom(),
        name not in own and name != :serialize do
      assert {option, name, is_binary(refused(name))} == {option, name, true}
    end
  end

  test "the native code knows every setting" do
    for name <- OptionValues.names() -- [:wal_auto_check_point | OptionValues.in_elixir()] do
      settings = [{to_string(name), "1"}, {"nope", "1"}]
      {:error, error} = EctoLibSql.Nif.open(settings, [], [])
      refute elem(error, 3) =~ ~s(no option "#{name}")
    end
  end

  test "a token may come from a function" do
    for {token, result} <- [
          {"zero", [{"auth_token", "zero"}]},
          {fn -> "one" end, [{"auth_token", "one"}]},
          {{String, :upcase, ["two"]}, [{"auth_token", "TWO"}]},
          {fn -> nil end, []}
        ] do
      {:ok, values} = Options.read(uri: "http://localhost:1", auth_token: token)
      assert {:ok, {settings, [], []}} = Options.native(values)
      assert settings -- [{"uri", "http://localhost:1"}] == result
    end

    {:ok, values} = Options.read(uri: "http://localhost:1", auth_token: fn -> {:ok, "hunter2"} end)
    assert {:error, %Error{kind: :invalid_argument, message: message}} = Options.native(values)
    assert message =~ ":auth_token"
    refute message =~ "hunter2"
  end

  describe "the table of options" do
    test "has every option" do
      assert Enum.sort(Keyword.keys(OptionTable.all())) == Enum.sort(OptionValues.names())
    end

    test "every valid value is read, and accepted by the driver", %{path: path} do
      for {name, {place, valid, _}} <- OptionTable.all(), value <- valid do
        opts = OptionTable.options(place, path <> "_new", name, value)
        assert {name, value, Options.check(opts)} == {name, value, :ok}

        if opts[:uri] do
          {:ok, values} = Options.read(opts)
          {:ok, {settings, [], []}} = Options.native(values)

          # Nobody is at this address. The driver has read what comes before the setting that it does not know.
          {:error, error} = EctoLibSql.Nif.open(settings ++ [{"nope", "1"}], [], [])
          assert {name, value, elem(error, 3)} == {name, value, ~s(there is no option "nope")}
        else
          assert {_, _, {:ok, state}} = {name, value, EctoLibSql.connect(opts)}
          EctoLibSql.disconnect(:done, state)
        end

        for file <- Path.wildcard(path <> "_new*"), do: File.rm!(file)
      end
    end

    test "every invalid value is refused by an error that names the option", %{path: path} do
      for {name, {place, _, wrong}} <- OptionTable.all(), value <- wrong do
        opts = OptionTable.options(place, path, name, value)

        for take <- [&Options.check/1, &EctoLibSql.connect/1] do
          assert {_, _, {:error, %Error{kind: :invalid_argument, message: message}}} =
                   {name, value, take.(opts)}

          assert message =~ ":#{OptionValues.name(name)} "
        end
      end

      refute File.exists?(path)
    end

    test "options that contradict each other are refused", %{path: path} do
      for {opts, part} <- [
            {[], "neither :database nor :uri"},
            {[database: path, auth_token: "t"], ":auth_token is for a database on a server"},
            {[database: path, connect_timeout: 5],
             ":connect_timeout is for a database on a server"},
            {[database: path, sync_interval: 5], ":sync_interval is for a replica"},
            {[uri: "http://x", offline_writes: true], ":offline_writes is for a replica"},
            {[uri: "http://x", encryption_key: "k"], ":encryption_key is for a file"},
            {[uri: "http://x", cache_size: 5], ":cache_size is for a file"},
            {[uri: "http://x", attach: [a: "a.db"]], "local databases"},
            {[database: path, serialized: "SQLite format 3\0"],
             ":serialized is for a database in memory"},
            {[database: path, mode: :readonly, journal_mode: :wal], "mode: :readonly"},
            {[database: ":memory:", mode: :readonly], "mode: :readwrite"},
            {[database: ":memory:", encryption_key: "k"], "encryption_key encrypts a file"},
            {[database: "file:#{path}", uri: "http://x"], "a replica is a file"},
            {[database: ":memory:", uri: "http://x"], "a replica is a file"},
            {[database: path, uri: "http://x", journal_mode: :delete], "journal_mode: :wal"},
            {[database: path, uri: "http://x", locking_mode: :exclusive],
             "locking_mode: :exclusive"},
            {[database: path, uri: "http://x", page_size: 4096], ":page_size"},
            {[database: path, uri: "http://x", custom_pragmas: [Query_Only: 0]], "query_only"},
            {[database: path, custom_pragmas: [busy_timeout: 1]],
             "use the option busy_timeout instead"},
            {[database: path, custom_pragmas: [no_such: 1]], "no pragma \"no_such\""},
            {[database: path, custom_pragmas: [user_version: "a b"]], "user_version"},
            {[database: path, load_extensions: ["no/such"]], "no/such"}
          ] do
        assert {_, {:error, %Error{message: message}}} = {opts, Options.check(opts)}
        assert message =~ part
      end

      refute File.exists?(path)
    end

    test "a default value is allowed with every other option", %{path: path} do
      for opts <- [[database: path], [database: ":memory:"], [uri: "http://x"]],
          usual <- [
            [sync: true],
            [sync: false],
            [read_your_writes: true],
            [auth_token: ""],
            [custom_pragmas: [], load_extensions: []],
            [encryption_key: nil, journal_mode: nil]
          ],
          do: assert(Options.check(opts ++ usual) == :ok)

      for {name, {:file, valid, _}} <- OptionTable.all(),
          name not in [:encryption_key, :mode],
          value <- valid do
        assert {_, _, {:ok, state}} =
                 {name, value, EctoLibSql.connect([{:database, ":memory:"}, {name, value}])}

        EctoLibSql.disconnect(:done, state)
      end

      for mode <- [:wal, :delete],
          do:
            assert(
              value([database: ":memory:", journal_mode: mode], "PRAGMA journal_mode") == "memory"
            )
    end
  end

  test "a database is made from its bytes, and before_disconnect is called at its end" do
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

    call = {__MODULE__, :told, [test]}
    {:ok, state} = EctoLibSql.connect(database: ":memory:", before_disconnect: call)
    EctoLibSql.disconnect(:again, state)
    assert_received {:told, :again, %EctoLibSql.State{}}
  end

  def told(reason, state, test), do: send(test, {:told, reason, state})

  test "a cursor gives chunk_size rows at a time" do
    {:ok, state} = EctoLibSql.connect(database: ":memory:", chunk_size: 2)
    query = %EctoLibSql.Query{statement: "VALUES (1), (2), (3)"}
    {:ok, query, cursor, state} = EctoLibSql.handle_declare(query, [], [], state)
    assert {:cont, %{rows: [[1], [2]]}, state} = EctoLibSql.handle_fetch(query, cursor, [], state)
    assert {:cont, %{rows: [[3]]}, state} = EctoLibSql.handle_fetch(query, cursor, [], state)
    assert {:halt, %{rows: []}, _} = EctoLibSql.handle_fetch(query, cursor, [], state)
  end
end
