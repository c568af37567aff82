defmodule EctoLibSql.Test.OptionTable do
  @moduledoc "Every option, where it belongs, with values that are valid and values that are not."

  @flags {[true, false, :on, :off, "true", "off", 1, 0], ["yes", 2, :maybe, %{}, []]}
  @milliseconds {[0, 1, 60_000, "500"], [-1, :x, "x", "", 1.5, 2_147_483_648, :infinity, []]}
  @texts {["x"], ["", 5, :x, "a\0b", "a\nb", ["x"], %{}]}

  @doc "`[name: {place, valid, wrong}]`, for the places of `options/4`."
  def all do
    [
      database:
        {:nowhere, [":memory:", :memory, "file::memory:"],
         ["", 5, :x, ["a.db"], "a\0b", "file:a.db?key=k", "file:a.db?mode=ro&hexkey=00"]},
      uri:
        {:nowhere,
         [
           "http://127.0.0.1:1",
           "HTTP://127.0.0.1:1/a?b=c",
           "ws://[::1]:1",
           "libsql://127.0.0.1:1?tls=0"
         ],
         [
           "",
           5,
           :x,
           "localhost:8080",
           "ftp://x",
           "http://",
           "http://:80",
           "http://x:0",
           "http://x:99999"
         ] ++
           [
             "http://x:y",
             "http://x y",
             "http://u:p@x",
             "http://x?authToken=t",
             "http://x#y",
             "http://[x"
           ] ++
           ["http://x\0", "libsql://x?tls=2", ~c"http://x"]},
      auth_token:
        {:server, ["t", "", fn -> "t" end, {String, :upcase, ["t"]}],
         ["t\n", "t\0", 5, :t, ["t"], fn _ -> "t" end, {String, :upcase}, {String, :upcase, "t"}]},
      namespace: of(:server, @texts),
      ca_file: of(:server, @texts),
      user_agent: of(:server, @texts),
      proxy: {:server, ["http://127.0.0.1:1"], elem(@texts, 1)},
      connect_timeout: {:server, [1, 500, "500"], [0 | elem(@milliseconds, 1)]},
      wire_format: {:server, [:automatic, :json, :protobuf, "json"], [:x, 5, "", true, ["json"]]},
      remote_encryption_key: {:server, ["a2V5", "a2V5MQ=="], ["", 5, :x, "not base64!", "a\0b"]},
      sync: of(:file, @flags),
      sync_interval: of(:replica, @milliseconds),
      read_your_writes: of(:replica, @flags),
      offline_writes: of(:replica, @flags),
      encryption_key: {:file, ["k", <<0, 255>>], ["", 5, :k, {:k, 1}, ~c"k"]},
      mode:
        {:file,
         [
           :readwrite,
           "readwrite",
           :read_write_create,
           [:readwrite, :nomutex],
           [:create, :readwrite]
         ], [:readx, 5, "", [], [:readonly, :create], [:nomutex], [:readwrite, :readwrite], %{}]},
      busy_timeout: of(:file, @milliseconds),
      default_transaction_mode:
        {:file, [:deferred, :immediate, :exclusive, :read_only, "immediate"],
         [:x, 5, "", true, :savepoint]},
      statement_cache_size: {:file, [0, 128, "5"], [-1, :x, "x", 1.5]},
      journal_mode:
        {:file, [:wal, :delete, :truncate, :persist, :memory, :off, "wal"],
         [:wall, 5, "", false, ["wal"]]},
      synchronous:
        {:file, [:off, :normal, :full, :extra, 0, 3, "full"], [:x, 4, -1, "", true, "1", 1.0]},
      cache_size: {:file, [-64_000, 0, 100, "100"], ["abc", :x, 1.5, 3_000_000_000, ""]},
      cache_spill: of(:file, @flags),
      temp_store: {:file, [:default, :file, :memory, 0, 2, "file"], [:x, 3, -1, "", true]},
      mmap_size: {:file, [0, 1_000_000, "5"], [-1, :x, 0x7FFF0001, "5 MB"]},
      foreign_keys: of(:file, @flags),
      case_sensitive_like: of(:file, @flags),
      auto_vacuum: {:file, [:none, :full, :incremental, 0, 2, "full"], [:x, 3, -1, "", false]},
      page_size: {:file, [512, 4096, 65_536, "1024"], [3, 0, 256, 1000, 131_072, :x, "big"]},
      locking_mode: {:file, [:normal, :exclusive, "normal"], [:x, 1, "", true]},
      secure_delete: {:file, [true, false, :on, :off, :fast, "fast"], [:x, 1, 2, ""]},
      wal_autocheckpoint: {:file, [0, 1000, -1, "7"], [:x, "x", 1.5, 3_000_000_000]},
      wal_auto_check_point: {:file, [0, 1000, -1, "7"], [:x, "x", 1.5]},
      journal_size_limit: {:file, [-1, 0, 9, 5_000_000_000, "9"], [:x, "x", 1.5]},
      soft_heap_limit: {:file, [], [1, 0, "1", :x]},
      hard_heap_limit: {:file, [], [1, 0, "1", :x]},
      custom_pragmas:
        {:file, [[], [analysis_limit: 400], [{"user_version", "5"}], [recursive_triggers: true]],
         [:all, 1, "x", [:x], [x: nil], [x: 1.5], [{nil, 1}], [{:x, 1} | :y], %{x: 1}]},
      load_extensions: {:file, [[]], [1, "x", [1], [""], [:x], [{"x", 1}], ["x\0"], ["x" | :y]]},
      attach:
        {:file, [[], [a: ":memory:"], [{"b", :memory}], [a: [database: ":memory:"]]],
         [5, "x", [:x], [a: 5], [a: ""], [a: [database: ":memory:", key: "k"]], [{:a, "x"} | :y]]},
      serialized: {:memory, [empty()], ["", 5, "no database", [empty()]]},
      chunk_size: {:file, [1, 500, "5"], [0, -1, :x, "x", 1.5]},
      before_disconnect:
        {:file, [fn _, _ -> :ok end, {Kernel, :max, []}], [1, :x, "x", fn -> :ok end, {IO, :puts}]},
      migration_lock_lease_ms: {:file, [1, 15_000, "500"], [0, -1, :x, "x", :infinity]}
    ]
  end

  @doc "The options of a database with this option, at the place where it belongs."
  def options(:nowhere, _file, name, value), do: [{name, value}]
  def options(:file, file, name, value), do: [{:database, file}, {name, value}]
  def options(:memory, _file, name, value), do: [{:database, ":memory:"}, {name, value}]
  def options(:server, _file, name, value), do: [{:uri, "http://127.0.0.1:1"}, {name, value}]

  def options(:replica, file, name, value),
    do: [database: file] ++ options(:server, file, name, value)

  defp of(place, {valid, wrong}), do: {place, valid, wrong}

  defp empty do
    {:ok, state} = EctoLibSql.connect(database: ":memory:")
    {:ok, bytes} = EctoLibSql.Native.serialize(state)
    EctoLibSql.disconnect(:done, state)
    bytes
  end
end
