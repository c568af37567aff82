defmodule EctoLibSql.ErrorTest do
  use ExUnit.Case, async: true

  alias EctoLibSql.Error

  test "an error is an exception with a message" do
    assert_raise Error, "no", fn -> raise Error.new(:sql, "no") end
    assert %Error{kind: :sql, code: 0, sqlite: nil} = Error.new(:sql, "no")
  end

  test "an error of the native code keeps all that is known about it" do
    fields =
      {:constraint, 19, 2067, "UNIQUE constraint failed: t.x", "INSERT", 3,
       {:unique, "t", ["x"], nil}, 0, :undone}

    assert %Error{
             kind: :constraint,
             code: 19,
             extended_code: 2067,
             sql: "INSERT",
             offset: 3,
             http_status: 0,
             outcome: :undone,
             constraint: %{kind: :unique, table: "t", columns: ["x"], name: nil},
             sqlite: %{code: :error, message: "UNIQUE constraint failed: t.x"}
           } = Error.from_native(fields)
  end

  test "an error says what became of the work" do
    {:ok, state} = EctoLibSql.connect(database: ":memory:")
    {:ok, _, _, state} = EctoLibSql.handle_execute("CREATE TABLE t(x UNIQUE)", [], [], state)

    for {sql, outcome} <- [
          {"INSERT INTO t VALUES (1), (1)", :undone},
          {"INSERT INTO t VALUES", :not_run},
          {"INSERT OR FAIL INTO t VALUES (2), (2)", :stands}
        ] do
      assert {:error, %Error{outcome: ^outcome}, _} = EctoLibSql.handle_execute(sql, [], [], state)
    end
  end

  test "a constraint's name is its own, else its first column's, else the message's" do
    named = %Error{kind: :constraint, constraint: %{name: "a_index", columns: ["a"]}}
    assert Error.constraint_violation?(named)
    assert Error.constraint_name(named) == "a_index"
    assert Error.constraint_name(%Error{constraint: %{name: nil, columns: ["a", "b"]}}) == "a"
    by_text = %Error{message: "UNIQUE constraint failed: users.email"}
    assert Error.constraint_violation?(by_text)
    assert Error.constraint_name(by_text) == "email"
    refute Error.constraint_violation?(%Error{message: "no such table"})
    refute Error.constraint_violation?(%Error{})
    assert Error.constraint_name(%Error{message: "no such table"}) == nil
    assert Error.constraint_name(%Error{}) == nil
  end
end
