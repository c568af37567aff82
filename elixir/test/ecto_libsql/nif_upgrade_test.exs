defmodule EctoLibSql.NifUpgradeTest do
  # It loads another version of the module that all others use.
  use ExUnit.Case, async: false

  alias EctoLibSql.{Native, Nif}
  alias EctoLibSql.Test.Modes
  import EctoLibSql.Test.{Busy, Machine}
  import EctoLibSql.Test.Modes, only: [rows!: 2]

  @source "lib/ecto_libsql/nif.ex"

  setup do
    on_exit(fn -> reload() end)
    Modes.setup_table(busy_timeout: 0)
  end

  # The version of the file on the disk, as `:code.load_file/1` loads it.
  defp reload do
    :code.purge(Nif)
    {:module, Nif} = :code.load_file(Nif)
    :code.purge(Nif)
  end

  # A version with one more function.
  defp load_changed(n) do
    source =
      File.read!(@source)
      |> String.replace("defp missing,", "def version, do: #{n}\n\n  defp missing,")

    :code.purge(Nif)

    ExUnit.CaptureIO.capture_io(:stderr, fn ->
      assert [{Nif, _}] = Code.compile_string(source, @source)
    end)

    assert apply(Nif, :version, []) == n
    :code.purge(Nif)
  end

  defp open_all(state) do
    {:ok, statement} = Native.prepare(state, "SELECT x FROM t")
    {query, cursor, state} = open_cursor(state)
    {state, statement, query, cursor}
  end

  defp assert_all_work({state, statement, query, cursor}, read) do
    assert {:ok, %{rows: [[1]]}} = Native.query_stmt(state, statement)

    assert {:cont, %{rows: [[^read]]}, _} =
             EctoLibSql.handle_fetch(query, cursor, [max_rows: 1], state)

    assert rows!(state, "SELECT x FROM t") == [[1]]
  end

  # The end of a process still closes its connection, and handles are still collected.
  defp assert_reaped(options, state) do
    {owner, _} =
      owner(options, fn theirs ->
        {:ok, theirs} = Native.begin(theirs, behavior: :immediate)
        theirs
      end)

    assert {:error, "" <> _} = Native.begin(state, behavior: :immediate)
    kill(owner)
    eventually(fn -> match?({:ok, _}, Native.begin(state, behavior: :immediate)) end)
    assert {:ok, _} = Native.rollback(state)
  end

  test "handles work after the module has been loaded again many times", context do
    %{options: options, state: state} = context
    all = open_all(state)
    threads = threads()

    for n <- 1..10 do
      if rem(n, 2) == 0, do: reload(), else: load_changed(n)
      assert_all_work(all, n + 1)
      assert_reaped(options, state)
    end

    eventually(fn -> threads() <= threads end)
  end

  test "handles of a purged version end without harm", %{options: options, state: state} do
    Task.async(fn ->
      for n <- 1..5 do
        {:ok, own} = EctoLibSql.connect(options)
        _ = open_all(own)
        load_changed(n)
      end
    end)
    |> Task.await()

    assert_reaped(options, state)
    assert rows!(state, "SELECT 1") == [[1]]
  end

  test "a query that runs during an upgrade goes on, or Erlang ends its process", context do
    %{options: options, state: state} = context
    {pid, _} = owner(options, fn theirs -> theirs end)
    busy = Modes.connect!(options)
    caller = spawn(fn -> Nif.run(busy.conn_id, endless(), [], :infinity) end)
    eventually(fn -> in_native?(caller) end)
    # Purging kills processes that run old code.
    load_changed(1)
    kill(caller)

    assert {:ok, _, %{rows: [[1]]}, _} =
             EctoLibSql.handle_execute("SELECT 1", [], [timeout: 5_000], busy)

    kill(pid)
    assert_reaped(options, state)
  end

  # A second copy of the engine would not know of the files that the first has open.
  @tag :capture_log
  test "another copy of the library is refused, and the old module goes on", context do
    %{options: options, state: state} = context
    all = open_all(state)
    copy = Application.app_dir(:ecto_libsql, "priv/other.so")
    File.cp!(Application.app_dir(:ecto_libsql, "priv/ecto_libsql_nif.so"), copy)
    on_exit(fn -> File.rm!(copy) end)
    :code.purge(Nif)

    assert {:error, :on_load_failure} =
             :code.load_binary(Nif, ~c"other", version_that_loads(~c"priv/other"))

    assert_all_work(all, 2)
    assert_reaped(options, state)
  end

  defp version_that_loads(library) do
    {Nif, binary, _} = :code.get_object_code(Nif)
    {:ok, {Nif, [debug_info: {_, backend, data}]}} = :beam_lib.chunks(binary, [:debug_info])
    {:ok, forms} = backend.debug_info(:erlang_v1, Nif, data, [])
    {:ok, Nif, binary} = forms |> replaced(~c"priv/ecto_libsql_nif", library) |> :compile.forms()
    binary
  end

  defp replaced(same, same, by), do: by
  defp replaced([first | rest], a, by), do: [replaced(first, a, by) | replaced(rest, a, by)]

  defp replaced(tuple, a, by) when is_tuple(tuple),
    do: tuple |> Tuple.to_list() |> replaced(a, by) |> List.to_tuple()

  defp replaced(other, _, _), do: other

  test "the module can be unloaded and loaded anew, with handles alive or not", context do
    %{options: options, state: state} = context
    all = open_all(state)
    unload()
    # Its handles are of no use to the new one, which says so.
    assert {:module, Nif} = :code.load_file(Nif)
    assert {:error, "" <> _} = Native.get_changes(state)
    assert elem(all, 1)
    :erlang.garbage_collect()
    {:ok, again} = EctoLibSql.connect(options)
    assert_reaped(options, again)
    EctoLibSql.disconnect(:done, again)
  end

  defp unload do
    :code.purge(Nif)
    true = :code.delete(Nif)
    :code.purge(Nif)
    :erlang.garbage_collect()
  end
end
