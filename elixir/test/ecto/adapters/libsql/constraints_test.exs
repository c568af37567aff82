defmodule Ecto.Adapters.LibSql.ConstraintsTest do
  use ExUnit.Case, async: true

  alias Ecto.Adapters.LibSql.Constraints

  defp named(constraint), do: Constraints.from_exception(%{constraint: constraint}, [])
  defp message(message), do: Constraints.from_exception(%{message: message}, [])

  test "constraints are found by what the engine says" do
    assert named(%{kind: :unique, name: "posts_slug"}) == [unique: "posts_slug"]

    assert named(%{kind: :unique, table: "posts", columns: ["a", "b"]}) ==
             [unique: "posts_a_b_index"]

    assert named(%{kind: :primary_key, table: "posts", columns: ["id"]}) ==
             [unique: "posts_id_index"]

    assert named(%{kind: :foreign_key, name: "c_p_fkey"}) == [foreign_key: "c_p_fkey"]
    assert named(%{kind: :foreign_key, name: nil}) == []

    assert named(%{kind: :foreign_key, table: "posts", columns: ["a", "b"]}) ==
             [foreign_key: "posts_a_fkey"]

    assert named(%{kind: :check, name: "positive"}) == [check: "positive"]

    assert named(%{kind: :not_null, table: "posts", columns: ["title"]}) ==
             [check: "posts_title_not_null"]

    assert Constraints.from_exception(%{kind: :check, constraint: "positive"}, []) ==
             [check: "positive"]
  end

  test "constraints are found by SQLite's message" do
    assert message("UNIQUE constraint failed: users.a, users.b") == [unique: "users_a_b_index"]
    assert message("UNIQUE constraint failed: index 'lower_email'") == [unique: "lower_email"]
    assert message("UNIQUE constraint failed: users.a (index: mine)") == [unique: "mine"]
    assert message("CHECK constraint failed: positive`") == [check: "positive"]
    assert message("NOT NULL constraint failed: users.name") == [check: "users_name_index"]
    assert message("FOREIGN KEY constraint failed") == [foreign_key: :unknown]

    assert Constraints.from_exception(
             %{constraint: nil, message: "FOREIGN KEY constraint failed"},
             []
           ) == []

    assert message("no such table: x") == []
    assert Constraints.from_exception(%RuntimeError{message: "boom"}, []) == []
  end
end
