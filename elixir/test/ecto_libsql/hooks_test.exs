defmodule EctoLibSql.HooksTest do
  use ExUnit.Case, async: true

  alias EctoLibSql.{Error, Native}

  setup do
    {:ok, state} = EctoLibSql.connect(database: ":memory:")
    {:ok, _} = Native.execute_batch_sql(state, "CREATE TABLE t(id INTEGER PRIMARY KEY, x)")
    %{state: state}
  end

  defp run(state, sql), do: EctoLibSql.handle_execute(sql, [], [], state)

  test "each change is sent, until the hook is removed", %{state: s} do
    assert :ok = Native.add_update_hook(s)
    {:ok, _, _, _} = run(s, "INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    {:ok, _, _, _} = run(s, "UPDATE t SET x = 'c' WHERE id = 2")
    {:ok, _, _, _} = run(s, "DELETE FROM t")
    assert_receive {:insert, "main", "t", 1}
    assert_receive {:insert, "main", "t", 2}
    assert_receive {:update, "main", "t", 2}
    assert_receive {:delete, "main", "t", 1}
    assert_receive {:delete, "main", "t", 2}
    assert :ok = Native.remove_update_hook(s)
    {:ok, _, _, _} = run(s, "INSERT INTO t VALUES (3, 'a')")
    refute_receive _, 50
  end

  test "a dead receiver does no harm, and only processes receive", %{state: s} do
    {pid, monitor} = spawn_monitor(fn -> :ok end)
    receive do: ({:DOWN, ^monitor, _, _, _} -> :ok)
    assert :ok = Native.add_update_hook(s, pid)
    assert {:ok, _, _, _} = run(s, "INSERT INTO t VALUES (1, 'a')")
    assert {:error, "" <> _} = Native.add_update_hook(s, :somebody)
  end

  test "statements of a denied kind are refused", %{state: s} do
    assert :ok = Native.deny(s, [:drop_table, :attach])
    assert {:error, %Error{kind: :permission}, _} = run(s, "DROP TABLE t")
    assert {:error, %Error{kind: :permission}, _} = run(s, "ATTACH ':memory:' AS other")
    assert {:ok, _, _, _} = run(s, "INSERT INTO t VALUES (1, 'a')")
    assert {:error, %Error{message: message}} = Native.deny(s, [:fly])
    assert message =~ "fly"
    assert {:error, %Error{kind: :invalid_argument}} = Native.deny(s, [:attach | :x])
    assert {:error, %Error{kind: :permission}, _} = run(s, "DROP TABLE t")
    assert :ok = Native.deny(s, [])
    assert {:ok, _, _, _} = run(s, "DROP TABLE t")
    assert {:error, :unsupported} = Native.add_authorizer(s)
  end

  test "extensions are loaded when they are enabled", %{state: s} do
    assert {:error, "" <> _} = Native.load_ext(s, "no/such/extension")
    assert :ok = Native.enable_extensions(s, true)

    assert {:error, message} = Native.load_ext(s, "no/such/extension")

    assert message =~ "no/such/extension"
    assert {:error, "" <> _} = Native.load_ext(s, 1)
    assert :ok = Native.enable_extensions(s, false)
    assert {:error, "" <> _} = Native.load_ext(s, "no/such/extension")
    assert {:error, "" <> _} = Native.enable_extensions(s, :maybe)

    # Built with the driver's own tests.
    if extension = System.get_env("ECTO_LIBSQL_TEST_EXTENSION") do
      assert :ok = Native.enable_extensions(s, true)
      assert :ok = Native.load_ext(s, extension)
      assert {:ok, _, %{rows: [[42]]}, _} = run(s, "SELECT extension_answer()")
      {:ok, other} = EctoLibSql.connect(database: ":memory:", load_extensions: [extension])
      assert {:ok, _, %{rows: [[42]]}, _} = run(other, "SELECT extension_answer()")
    end
  end
end
